import { ReinraumError } from '@reinraum/crypto'
import { z } from 'zod'
import type { Upload, UploadedPart } from './bucket.ts'

/**
 * What lies in the bucket. A part `P` and an object `O` are each one small object, replaced as a whole, that says which others
 * hold their bytes:
 *
 *     parts/<P>            line of JSON (PartRecord), then the bytes that are in no multipart upload yet
 *     objects/<O>          line of JSON (ObjectRecord), then the content where that is short
 *     data/<group>/<name>  content, by multipart upload
 *
 * Nothing lies under a group before a record names it, and only one record names it, so whoever finds the record finds all that
 * has to be removed with it.
 */
export const keyOf = {
  part: (hex: string) => `parts/${hex}`,
  object: (hex: string) => `objects/${hex}`,
  group: (group: string) => `data/${group}/`,
}

const length = z.int().min(0)
const group = z.string().regex(/^[0-9a-f]{32}$/)
const name = z.string().regex(/^[0-9a-f]{32}$/)
const uploadedPart = z.strictObject({ number: z.int().min(1).max(10_000), etag: z.string().min(1).max(2048), length })

const extent = z.strictObject({
  name,
  /** bytes that count; what lies behind them was cut off */
  length,
  /** until it is complete; `sealed` when no more parts may come */
  upload: z
    .strictObject({ id: z.string().min(1).max(2048), sealed: z.boolean(), parts: z.array(uploadedPart).max(10_000) })
    .optional(),
})
export type Extent = z.infer<typeof extent>

const partRecord = z.strictObject({
  group,
  extents: z.array(extent),
  /** length of the bytes behind the line */
  tail: length,
  /** The object that this part was about to become: the group may be the object's already. */
  becoming: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  /** Everything of the group is being removed; there is no part any more. */
  discarded: z.boolean().optional(),
})
export type PartRecord = z.infer<typeof partRecord>

const objectRecord = z.strictObject({
  length,
  group: group.optional(),
  extents: z.array(z.strictObject({ name, length })),
  removed: z.boolean().optional(),
})
export type ObjectRecord = z.infer<typeof objectRecord>

// A record of an object of 5 TiB has about 50 KiB.
export const recordBytes = 2 ** 20

export function encodeRecord(record: PartRecord | ObjectRecord, tail: Uint8Array = new Uint8Array()): Buffer {
  return Buffer.concat([Buffer.from(`${JSON.stringify(record)}\n`), tail])
}

export function decodePartRecord(bytes: Buffer): { readonly record: PartRecord; readonly tail: Buffer } {
  const { value, end } = readLine(bytes, partRecord)
  const tail = bytes.subarray(end)
  if (tail.length !== value.tail) throw broken()
  return { record: value, tail }
}

/** @returns where the content begins behind the line */
export function decodeObjectRecord(bytes: Buffer): { readonly record: ObjectRecord; readonly start: number } {
  const { value, end } = readLine(bytes, objectRecord)
  const sum = value.extents.reduce((total, part) => total + part.length, 0)
  if (value.extents.length > 0 && (value.group === undefined || sum !== value.length)) throw broken()
  return { record: value, start: end }
}

function readLine<T>(bytes: Buffer, schema: z.ZodType<T>): { readonly value: T; readonly end: number } {
  const end = bytes.indexOf('\n')
  if (end === -1) throw broken()
  let content: unknown
  try {
    content = JSON.parse(bytes.toString('utf8', 0, end))
  } catch {
    throw broken()
  }
  const parsed = schema.safeParse(content)
  if (!parsed.success) throw broken()
  return { value: parsed.data, end: end + 1 }
}

function broken(): ReinraumError {
  return new ReinraumError('ciphertext-mismatch', 'a record in the object store is not one of ours')
}

export const keyOfExtent = (groupOfIt: string, { name }: { readonly name: string }) => `${keyOf.group(groupOfIt)}${name}`

export function uploadOf(groupOfIt: string, { name, upload }: Extent): Upload {
  return { key: keyOfExtent(groupOfIt, { name }), id: upload?.id ?? '' }
}

export const bytesOf = (parts: readonly UploadedPart[]): number => parts.reduce((sum, part) => sum + part.length, 0)
