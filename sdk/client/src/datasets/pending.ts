import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { fromBase64url, toBase64url } from '@reinraum/crypto'
import { lineageSchema } from '@reinraum/statements'
import { z } from 'zod'
import { fileError } from '../file-error.ts'

/** What the owner asked for that shows in what is sealed, or in who holds its key; null where nothing was said. */
const askedSchema = z.strictObject({
  clusterBy: z.string().nullable(),
  withinBounds: z.boolean(),
  lineage: lineageSchema.nullable(),
  /** key check value of a data key from elsewhere */
  keyCheck: z.string().nullable(),
  deposit: z.boolean(),
})
export type Asked = z.infer<typeof askedSchema>

const pendingSchema = z.strictObject({
  contract: z.string(),
  slot: z.string(),
  source: z.strictObject({ path: z.string(), size: z.number(), modified: z.number() }),
  asked: askedSchema,
  ciphertext: z.string(),
  upload: z.base64url().length(22),
  manifest: z.string().optional(),
})

/** A dataset version whose ciphertext is being uploaded. */
export interface Pending {
  /** path of the ciphertext file */
  readonly ciphertext: string
  /** the 16 random bytes that its upload goes by */
  readonly upload: Uint8Array
  /** Forgets the upload and deletes the ciphertext. */
  discard(): Promise<void>
}

/** One that is sealed and whose key is imported: the ciphertext is complete. */
export interface SealedPending extends Pending {
  /** the signed manifest, General JWS in JSON */
  readonly manifest: Uint8Array
}

export interface EarlierAttempt {
  /** to be continued: the same file, sealed to its end as it is asked for now; undefined where nothing of it can be */
  readonly sealed: SealedPending | undefined
  /** the name of its upload, of which ingestion may hold a part */
  readonly upload: Uint8Array
}

/** What identifies the owner's file between two attempts: where it is, how long, and when it was last written. */
export async function fingerprint(file: string): Promise<Attempt['source']> {
  const { size, mtimeMs } = await stat(file)
  return { path: resolve(file), size, modified: Math.trunc(mtimeMs) }
}

/** A fresh place for one dataset version's ciphertext. Files there without a record are what an interrupted sealing left. */
export async function ciphertextPath(directory: string, contract: string, slot: string): Promise<string> {
  await mkdir(directory, { recursive: true, mode: 0o700 }).catch((cause) => {
    throw fileError(cause, directory, `cannot make the folder ${directory}`)
  })
  return join(directory, `${nameOf(contract, slot)}.sealed`)
}

/** Of which file the sealing is, into which slot, and how. */
export interface Attempt {
  readonly contract: string
  readonly slot: string
  readonly source: z.infer<typeof pendingSchema>['source']
  readonly asked: Asked
}

export interface PendingRecord extends Attempt {
  readonly ciphertext: string
  readonly upload: Uint8Array
}

/** Writes down an upload before it begins: a process that is killed while it seals leaves a name to discard it by. */
export async function beginPending(directory: string, record: PendingRecord): Promise<Pending> {
  return pendingOf(await write(directory, record), record)
}

/** Writes down that the ciphertext is complete and its key imported: from here on it is continued. */
export async function savePending(
  directory: string,
  record: PendingRecord & { readonly manifest: Uint8Array },
): Promise<SealedPending> {
  return { ...pendingOf(await write(directory, record), record), manifest: record.manifest }
}

async function write(directory: string, record: PendingRecord & { readonly manifest?: Uint8Array }): Promise<string> {
  const path = join(directory, `${nameOf(record.contract, record.slot)}.json`)
  const manifest = record.manifest === undefined ? {} : { manifest: Buffer.from(record.manifest).toString('utf8') }
  const json = JSON.stringify({ ...record, upload: toBase64url(record.upload), ...manifest })
  try {
    await writeFile(`${path}.new`, json, { mode: 0o600, flush: true })
    await rename(`${path}.new`, path)
  } catch (cause) {
    await rm(`${path}.new`, { force: true })
    throw fileError(cause, path, `cannot write ${path}`)
  }
  return path
}

/** The unfinished upload into the same slot, if there is one. */
export async function findPending(directory: string, attempt: Attempt): Promise<EarlierAttempt | undefined> {
  const { contract, slot, source, asked } = attempt
  const path = join(directory, `${nameOf(contract, slot)}.json`)
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const parsed = pendingSchema.safeParse(parseOrUndefined(text))
  if (!parsed.success) return undefined
  const { ciphertext, manifest, ...earlier } = parsed.data
  if (earlier.contract !== contract || earlier.slot !== slot) return undefined
  const upload = fromBase64url(earlier.upload)
  const continued =
    manifest !== undefined &&
    isDeepStrictEqual([earlier.source, earlier.asked], [source, asked]) &&
    (await readdir(directory)).includes(`${nameOf(contract, slot)}.sealed`)
  if (!continued) return { sealed: undefined, upload }
  return { sealed: { ...pendingOf(path, { ciphertext, upload }), manifest: Buffer.from(manifest, 'utf8') }, upload }
}

function pendingOf(path: string, { ciphertext, upload }: Pick<Pending, 'ciphertext' | 'upload'>): Pending {
  return {
    ciphertext,
    upload,
    async discard() {
      await rm(path, { force: true })
      await rm(ciphertext, { force: true })
    },
  }
}

function nameOf(contract: string, slot: string): string {
  return `${slot}-${createHash('sha256').update(contract).digest('hex').slice(0, 16)}`
}

function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
