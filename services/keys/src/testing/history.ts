import { digestId, hpkeOpen, parseStrictJson, randomBytes, sealedObjectSchema } from '@reinraum/crypto'
import {
  extendHistory,
  type HistoryPlace,
  historyPlace,
  historyProof,
  type Release,
  verifyContract,
  verifyRelease,
} from '@reinraum/statements'
import { type Agreement, agreeAndImport, type Dataset } from './agreement.ts'
import { bundleOf, outcomeName, requestOf } from './attempt.ts'
import type { Room, RunningKeyService } from './room.ts'

export type Compared = Agreement & { readonly datasets: readonly Dataset[] }

/** The rule of `strikes` has results compared with earlier ones. */
export function agreeOnHistory(room: Room): Promise<Compared> {
  return agreeAndImport(room, (contract) => ({
    ...contract,
    slots: contract.slots.map((slot) => {
      const output = { ...slot.rule.output, differencing: 'suppressRow' as const }
      return slot.id === 'strikes' ? { ...slot, rule: { ...slot.rule, output } } : slot
    }),
  }))
}

/** A run that got its keys, with the history of `strikes`. */
export interface ReleasedRun {
  readonly runId: string
  readonly key: Uint8Array
  readonly named: NonNullable<Extract<Release['outcome'], { readonly decision: 'released' }>['histories']>[number]
  readonly place: HistoryPlace
}

/** @throws Error with the reason of a denial as its message */
export async function release(agreement: Compared, service: RunningKeyService): Promise<ReleasedRun> {
  const bundle = await bundleOf(agreement)
  const { request, reportData, kem } = await requestOf(agreement, service, bundle)
  const answer = await service.from('executor').releaseKeys(request)
  if (answer.outcome.case !== 'released') throw new Error(outcomeName(answer))
  const contract = await verifyContract(agreement.statement, { now: agreement.room.clock.now() })
  const { document } = await verifyRelease(answer.outcome.value.release, contract)
  const [named] = document.outcome.decision === 'released' ? (document.outcome.histories ?? []) : []
  const [history] = answer.outcome.value.histories
  if (named === undefined || history === undefined) throw new Error('no history')
  const place = { keyService: service.id, contract: agreement.id, slot: 'strikes' }
  const sealed = sealedObjectSchema.parse(parseStrictJson(history.sealedKey))
  const key = await hpkeOpen(kem.privateKey, kem.publicKey, sealed, { info: reportData, aad: historyPlace(place) })
  return { runId: bundle.runId, key, named, place }
}

export const someEntry = (length = 1024): Uint8Array => randomBytes(length)

export async function append(
  service: RunningKeyService,
  { runId, key, place }: ReleasedRun,
  { head, entry, slot = place.slot }: { readonly head: string; readonly entry: Uint8Array; readonly slot?: string },
) {
  const next = extendHistory(head, entry)
  const proof = historyProof(key, place, { what: 'append', run: runId, head: next })
  const { outcome } = await service.from('executor').appendHistory({ runId, slot, expectedHead: head, entry, proof })
  return { outcome, next }
}

/** An id of a run that never was. */
export const noRun = digestId(new Uint8Array())
