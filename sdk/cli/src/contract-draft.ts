import { dirname, resolve } from 'node:path'
import { ReinraumError, randomBytes, toBase64url } from '@reinraum/crypto'
import { type Contract, contractSchema } from '@reinraum/statements'
import { readDocumentFile } from './files.ts'

/**
 * A contract as people write it: like the signed document, but `keys: { file: … }` names a file with public keys, and `kind`,
 * `nonce` and `validity.notBefore` may be left out.
 * @throws ReinraumError `invalid-argument` with the path of the first thing that is wrong
 */
export async function readContractDraft(file: string, now: Date): Promise<Contract> {
  const draft = await readDocumentFile(file)
  if (typeof draft !== 'object' || draft === null) throw new ReinraumError('invalid-argument', `${file} holds no contract`)
  const filled: Record<string, unknown> = { kind: 'reinraum/contract/v1', nonce: toBase64url(randomBytes(32)), ...draft }
  if (typeof filled.validity === 'object' && filled.validity !== null) {
    filled.validity = { notBefore: now.toISOString(), ...filled.validity }
  }
  const parsed = contractSchema.safeParse(await withFiles(filled, dirname(resolve(file))))
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new ReinraumError('invalid-argument', `${file}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`)
}

/** Replaces every `{ file: … }` under a key named `keys` by that file's content. */
async function withFiles(value: unknown, directory: string): Promise<unknown> {
  if (Array.isArray(value)) return Promise.all(value.map((item) => withFiles(item, directory)))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(async ([key, item]) => {
    const named = key === 'keys' ? fileOf(item) : undefined
    return [
      key,
      named === undefined ? await withFiles(item, directory) : await readDocumentFile(resolve(directory, named)),
    ] as const
  })
  return Object.fromEntries(await Promise.all(entries))
}

function fileOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { file, ...rest } = value as { readonly file?: unknown }
  return typeof file === 'string' && Object.keys(rest).length === 0 ? file : undefined
}
