import { join } from 'node:path'
import { createEnvelopeThreads } from '@reinraum/envelope'
import type { Condition, Scan } from '@reinraum/policy'
import type { Column } from '@reinraum/statements'
import type { ByteRange } from '../byte-ranges.ts'
import { unsealDataset } from '../unseal-dataset.ts'
import { type Engine, startEngine } from './engine.ts'
import { sealFile } from './sealed-file.ts'

export interface Unsealed {
  readonly path: string
  /** bytes that are there */
  readonly bytes: number
  readonly length: number
  /** of the ciphertext */
  readonly fetched: readonly ByteRange[]
}

export interface UnsealingOptions {
  readonly clusteredBy?: Column
  /** Small files have their holes too here, unless told. */
  readonly gap?: number
  /** Is told of the path and of the bytes that it will take before anything is decrypted into it. */
  readonly requireRoom?: (path: string, bytes: number) => void
  /** 4096 unless told */
  readonly pageBytes?: number
}

export interface Unsealing {
  readonly engine: Engine
  /** Seals a file and unseals as a run does what these scans read of it. */
  unsealed(plaintext: Uint8Array, scans: readonly Scan[], options?: UnsealingOptions): Promise<Unsealed>
  close(): Promise<void>
}

export async function startUnsealing(): Promise<Unsealing> {
  const envelopes = createEnvelopeThreads({ threads: 1 })
  const engine = await startEngine()
  const never = new AbortController().signal
  let files = 0
  return {
    engine,
    async unsealed(plaintext, scans, { clusteredBy, gap = 0, requireRoom = () => {}, pageBytes = 4096 } = {}) {
      files += 1
      const path = join(engine.directory, `${files}.parquet`)
      const sealed = sealFile(plaintext, envelopes)
      const file = await sealed.openAt(path)
      try {
        await unsealDataset(file, { scans, clusteredBy }, { pageBytes, requireRoom }, never, gap)
      } finally {
        await file.close()
      }
      return { path, bytes: file.unsealedBytes(), length: file.length, fetched: sealed.fetched() }
    },
    async close() {
      await engine.close()
      await envelopes.close()
    },
  }
}

export function scanOf(columns: readonly string[], conditions: readonly Condition[] = []): Scan {
  return { slot: 'dataset', columns, conditions }
}
