import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { randomBytes, unsealStream, utf8 } from '@reinraum/crypto'
import { createEnvelopeThreads, type EnvelopeThreads } from '@reinraum/envelope'
import {
  type ChildLimits,
  type Confinement,
  type Keeping,
  keepDatasets,
  keepWorkplaces,
  type OpenCiphertext,
  probeConfinement,
  type Scratch,
  type SealedSlot,
  sealResult,
  unsealSlots,
} from '@reinraum/executor'
import { createLog } from '@reinraum/kit'
import type { Scan } from '@reinraum/policy'
import { manifestCoreContext, readResultFile } from '@reinraum/statements'
import type { SealedTable } from '../data/prepare.ts'
import { startWatcher, type Watcher } from './watcher.ts'

/** The executor's data path, once per question: everything is as in a run, but for the services that it asks. */
export interface DataPath {
  readonly scratch: Scratch
  readonly limits: ChildLimits
  readonly confinement: Confinement
  readonly tables: readonly SealedTable[]
  readonly envelopes: EnvelopeThreads
  readonly watcher: Watcher
  close(): Promise<void>
}

/** What a question reads of each table; a table that is not there is none of its slots. */
export type Reads = ReadonlyMap<string, readonly Scan[]>

export interface DataPathRun {
  /** ciphertext to what the query reads, the query's process, the sealing of its result */
  readonly milliseconds: { readonly unseal: number; readonly query: number; readonly seal: number }
  /** decrypted before the query */
  readonly unsealedBytes: number
  /** of memory, that the decrypted files take */
  readonly fileBytes: number
  /** of the query's process, as far as it was seen */
  readonly peakBytes: number
}

/** With as many threads for envelopes as the query has, as an executor starts them. */
export async function openDataPath(options: Pick<DataPath, 'scratch' | 'limits' | 'tables'>): Promise<DataPath> {
  const confinement = await probeConfinement()
  const envelopes = createEnvelopeThreads({ threads: options.limits.threads })
  const watcher = startWatcher()
  return {
    ...options,
    confinement,
    envelopes,
    watcher,
    async close() {
      await watcher.close()
      await envelopes.close()
    },
  }
}

/** Columns that runs of one contract leave to later ones, under a lease that is not lost. */
export interface Kept {
  readonly keeping: Keeping
  /** Drops all of it. */
  close(): void
}

/** @param folder in the same memory as the scratch folder */
export async function keepColumns(folder: string): Promise<Kept> {
  await mkdir(folder, { mode: 0o700 })
  const datasets = keepDatasets(folder, { bytes: Number.MAX_SAFE_INTEGER, idleMs: 3_600_000 })
  const lease = { signal: new AbortController().signal, hold: () => () => undefined }
  return { keeping: { datasets, contractId: 'a contract', lease }, close: () => datasets.close() }
}

/** What one run asks. */
export interface Asked {
  readonly sql: string
  readonly reads: Reads
  /** where the opened result goes, after the clock has stopped */
  readonly answer: string
  /** without it the run is cold, with it from the second run on it is warm */
  readonly keeping?: Keeping
  /** Decrypts the tables whole, one after the other in one thread, as whoever has no random access does. */
  readonly isWhole?: boolean
}

/** From ciphertext on disk, or from columns that an earlier run left, to a sealed result. */
export async function runSealed(path: DataPath, { sql, reads, answer, keeping, isWhole = false }: Asked): Promise<DataPathRun> {
  const workplaces = keepWorkplaces(path.scratch, path.limits, path.confinement, createLog({ level: 'error' }))
  await path.watcher.waiting()
  // Closed at once: the process of a next run would start beside this one, where a run would ask for its keys.
  const taking = workplaces.take()
  await workplaces.close()
  const place = await taking
  try {
    const [resultKey, runId, sealed] = [randomBytes(32), 'a run', join(place.path, 'result.sealed')]
    const signal = new AbortController().signal
    const slots = slotsOf(path.tables, reads, place.files.data)
    const ciphertexts = { openCiphertext: localCiphertext(path.tables), envelopes: path.envelopes }
    let unsealedBytes = 0
    // Told what of each file is decrypted, or was by an earlier run: whole chunks.
    const requireRoom = (_: string, bytes: number) => {
      unsealedBytes += bytes
    }
    const reservation = { pageBytes: 1, requireRoom }
    const started = performance.now()
    if (isWhole) unsealedBytes = await unsealWhole(path.tables, slots)
    else await unsealSlots(slots, { ciphertexts, trying: (step) => step(), keeping, reservation, signal })
    const unsealed = performance.now()
    const datasets = slots.map(({ manifest: { document }, file }) => ({
      slot: document.slot,
      file,
      columns: document.schema.columns,
    }))
    const { rowCount, length } = await place.child.run({ datasets, comparisons: [], sql }, signal)
    const asked = performance.now()
    await sealResult({ file: place.files.result, rowCount, length }, sealed, resultKey, runId)
    const done = performance.now()
    await openResult(sealed, answer, { key: resultKey, context: utf8(runId) })
    return {
      milliseconds: { unseal: unsealed - started, query: asked - unsealed, seal: done - asked },
      unsealedBytes,
      fileBytes: await bytesThere(place.files.data),
      peakBytes: await path.watcher.most(),
    }
  } finally {
    await place.remove()
  }
}

/** @returns how many bytes that are */
async function unsealWhole(tables: readonly SealedTable[], slots: readonly SealedSlot[]): Promise<number> {
  let length = 0
  for (const { manifest, key, file } of slots) {
    const table = tables.find((own) => own.manifest === manifest)
    const { contract, slot, version, schema } = manifest.document
    const context = manifestCoreContext({ contract, slot, version, schema })
    const sealed = createReadStream(table?.ciphertext ?? '', { highWaterMark: 1 << 20 })
    const out = await open(file, 'wx', 0o644)
    try {
      for await (const piece of unsealStream(sealed, { key, context })) {
        length += piece.length
        await out.writeFile(piece)
      }
    } finally {
      await out.close()
    }
  }
  return length
}

function slotsOf(tables: readonly SealedTable[], reads: Reads, folder: string): readonly SealedSlot[] {
  return tables.flatMap(({ name, manifest, key }) => {
    const scans = reads.get(name)
    return scans === undefined ? [] : [{ manifest, key, scans, file: join(folder, `${name}.parquet`) }]
  })
}

/** Ciphertext on local disk. */
function localCiphertext(tables: readonly SealedTable[]): OpenCiphertext {
  const files = new Map<string, string>(tables.map(({ manifest, ciphertext }) => [manifest.document.object, ciphertext]))
  return (objectId) => ({ file: files.get(objectId) ?? '' })
}

async function openResult(sealed: string, answer: string, options: { key: Uint8Array; context: Uint8Array }): Promise<void> {
  const out = await open(answer, 'w', 0o600)
  try {
    await readResultFile(unsealStream([await readFile(sealed)], options), (piece) => out.writeFile(piece))
  } finally {
    await out.close()
  }
}

/** What a folder's files take: holes take nothing. */
async function bytesThere(folder: string): Promise<number> {
  const sizes = await Promise.all((await readdir(folder)).map(async (name) => (await stat(join(folder, name))).blocks * 512))
  return sizes.reduce((sum, size) => sum + size, 0)
}
