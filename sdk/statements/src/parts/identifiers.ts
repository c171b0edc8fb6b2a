import { z } from 'zod'

/** `sha256:<64 hex>`: the id of a statement (hash of its payload), of a ciphertext object or of a piece of evidence. */
export const digestIdSchema = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'expected sha256:<64 hex digits>')
export type DigestId = string

export const slugSchema = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'expected lower-case letters, digits and dashes')

/** A member of a contract, unique within it. */
export const memberIdSchema = slugSchema
/** A dataset slot of a contract; also the table name in SQL, so it has underscores where a member id has dashes. */
export const slotIdSchema = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, 'expected lower-case letters, digits and underscores')
/** A key service that a contract names. */
export const keyServiceIdSchema = slugSchema
/** A data key: 16 random bytes, base64url. */
export const keyIdSchema = z.string().regex(/^[A-Za-z0-9_-]{22}$/)
/** 32 bytes, base64url */
export const keyCheckSchema = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'expected 32 bytes in base64url')
/** RFC 3339 in UTC with milliseconds, as `Date.toISOString()` writes it. */
export const instantSchema = z.iso.datetime({ precision: 3 })
export const nonceSchema = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'expected 32 bytes in base64url')

export const validitySchema = z
  .strictObject({ notBefore: instantSchema, notAfter: instantSchema })
  .refine((v) => v.notBefore < v.notAfter, 'notBefore must be earlier than notAfter')
export type Validity = z.infer<typeof validitySchema>
