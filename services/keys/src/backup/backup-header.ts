import { canonicalBytes, concatBytes, type JsonValue, parseStrictJson, ReinraumError, sha256, utf8 } from '@reinraum/crypto'
import { keyServiceIdSchema } from '@reinraum/statements'
import { z } from 'zod'

const kind = 'reinraum/key-service-backup/v1'
const newline = 10

/** A header is one line; the shares of many holders are the longest thing in it. */
export const maximumHeaderBytes = 1024 * 1024

/** What stands in the clear before the sealed database: a line of JSON that everybody can read, and nobody can alter. */
const backupHeaderSchema = z.strictObject({
  kind: z.literal(kind),
  keyService: keyServiceIdSchema,
  createdAt: z.iso.datetime().refine((time) => Date.parse(time) > 0),
  rootKey: z.strictObject({
    kind: z.enum(['file', 'pkcs11', 'shares', 'tee']),
    /** what people need, beside what they hold, to put the root key together elsewhere */
    recovery: (z.json() as z.ZodType<JsonValue>).optional(),
  }),
  /** the backup's own key under the root key, base64url */
  wrappedKey: z.string().regex(/^[A-Za-z0-9_-]{32,4096}$/),
})
export type BackupHeader = z.infer<typeof backupHeaderSchema>

export function newHeader(fields: Omit<BackupHeader, 'kind'>): { readonly header: BackupHeader; readonly line: Uint8Array } {
  const header: BackupHeader = { kind, ...fields }
  return { header, line: concatBytes(canonicalBytes(header), new Uint8Array([newline])) }
}

/** @throws ReinraumError `unsupported` for a backup of another version, `unreadable-input` for what is none */
export function parseHeader(line: Uint8Array): BackupHeader {
  const document = readJson(line)
  const parsed = backupHeaderSchema.safeParse(document)
  if (parsed.success) return parsed.data
  const named = z.object({ kind: z.string().regex(/^reinraum\/key-service-backup\/v[0-9]{1,4}$/) }).safeParse(document)
  if (named.success && named.data.kind !== kind)
    throw new ReinraumError('unsupported', 'the backup was written by another version of the key service')
  throw new ReinraumError('unreadable-input', 'this is no backup of a key service')
}

function readJson(line: Uint8Array): unknown {
  try {
    return parseStrictJson(line, { maxBytes: maximumHeaderBytes })
  } catch (cause) {
    throw new ReinraumError('unreadable-input', 'this is no backup of a key service', { cause })
  }
}

/** The envelope's context: all of the header, so that none of it can be altered. */
export function contextOf(line: Uint8Array): Uint8Array {
  return concatBytes(utf8(`${kind}\n`), sha256(line))
}

/** The place that the backup's key is bound to: it opens no other service's backup, and nothing that is no backup. */
export function backupKeyPlace({ keyService, createdAt }: Pick<BackupHeader, 'keyService' | 'createdAt'>) {
  return { v: 'reinraum/backup-key/v1', keyService, createdAt }
}
