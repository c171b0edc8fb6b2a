import { createReadStream } from 'node:fs'
import type { Executor } from '../executor.ts'
import type { Gate } from './gate.ts'
import type { SealedResult } from './seal-result.ts'

/** Hands receipt, sealed keys and sealed result to `release`. @returns whether this deposit stands for the run */
export async function deposit(
  executor: Executor,
  runId: string,
  bundle: Uint8Array,
  gate: Gate,
  sealed: SealedResult,
): Promise<boolean> {
  async function* messages() {
    const header = {
      runId,
      receiptBundle: bundle,
      gateLayer: gate.layer,
      inspectionKeys: gate.inspectionKeys.map(({ member, sealedKey }) => ({ member, sealedKey })),
      length: BigInt(sealed.length),
    }
    yield { message: { case: 'header' as const, value: header } }
    for await (const data of createReadStream(sealed.file, { highWaterMark: 1 << 19 }))
      yield { message: { case: 'data' as const, value: data } }
  }
  const { accepted } = await executor.intake.depositResult(messages(), { timeoutMs: 300_000 })
  return accepted
}
