import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { fileError } from '../file-error.ts'

const pendingSchema = z.strictObject({
  contract: z.string(),
  slot: z.string(),
  source: z.strictObject({ path: z.string(), size: z.number(), modified: z.number() }),
  ciphertext: z.string(),
  manifest: z.string(),
})

/** A dataset version that is sealed and whose key is imported, but whose ciphertext is not all uploaded yet. */
export interface Pending {
  /** path of the ciphertext file */
  readonly ciphertext: string
  /** the signed manifest, General JWS in JSON */
  readonly manifest: Uint8Array
  /** Forgets the upload and deletes the ciphertext. */
  discard(): Promise<void>
}

/** What identifies the owner's file between two attempts: where it is, how long, and when it was last written. */
export async function fingerprint(file: string): Promise<z.infer<typeof pendingSchema>['source']> {
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

export async function savePending(
  directory: string,
  record: {
    readonly contract: string
    readonly slot: string
    readonly source: z.infer<typeof pendingSchema>['source']
    readonly ciphertext: string
    readonly manifest: Uint8Array
  },
): Promise<Pending> {
  const path = join(directory, `${nameOf(record.contract, record.slot)}.json`)
  const json = JSON.stringify({ ...record, manifest: Buffer.from(record.manifest).toString('utf8') })
  try {
    await writeFile(`${path}.new`, json, { mode: 0o600, flush: true })
    await rename(`${path}.new`, path)
  } catch (cause) {
    await rm(`${path}.new`, { force: true })
    throw fileError(cause, path, `cannot write ${path}`)
  }
  return pendingOf(path, record.ciphertext, record.manifest)
}

/** The unfinished upload of the same file into the same slot, if there is one. */
export async function findPending(directory: string, contract: string, slot: string, file: string): Promise<Pending | undefined> {
  const path = join(directory, `${nameOf(contract, slot)}.json`)
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const parsed = pendingSchema.safeParse(parseOrUndefined(text))
  if (!parsed.success) return undefined
  const { contract: forContract, slot: forSlot, source, ciphertext, manifest } = parsed.data
  if (forContract !== contract || forSlot !== slot) return undefined
  if (JSON.stringify(source) !== JSON.stringify(await fingerprint(file))) return undefined
  if (!(await readdir(directory)).includes(`${nameOf(contract, slot)}.sealed`)) return undefined
  return pendingOf(path, ciphertext, Buffer.from(manifest, 'utf8'))
}

function pendingOf(path: string, ciphertext: string, manifest: Uint8Array): Pending {
  return {
    ciphertext,
    manifest,
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
