import { maximumShares } from '@reinraum/crypto'
import { z } from 'zod'

const path = z.string().min(1)
const label = z.string().min(1).max(64)

/** Where the root key of a key service comes from. */
export const rootKeyConfigSchema = z.discriminatedUnion('kind', [
  /** 32 bytes in a file, made at the first start: for local development only */
  z.strictObject({ kind: z.literal('file'), path }),
  /** in a token, from which it never comes out */
  z.strictObject({
    kind: z.literal('pkcs11'),
    /** the vendor's library: its code runs in this process */
    module: path.startsWith('/', 'the library of the token needs an absolute path'),
    /** label or serial number */
    token: label,
    /** label of the key in it */
    key: label,
    /** file with the PIN; without one, an administrator contributes it at each unsealing */
    pin: path.optional(),
  }),
  /** in nobody's hands: `threshold` of the holders unseal together */
  z.strictObject({
    kind: z.literal('shares'),
    threshold: z.int().min(2).max(maximumShares),
    /** files of public keys, as `identity create --public` writes them */
    holders: z.array(path).min(2).max(maximumShares),
  }),
  /** derived by the TEE that `attester` names, from the chip and the code that runs */
  z.strictObject({ kind: z.literal('tee') }),
])
export type RootKeyConfig = z.infer<typeof rootKeyConfigSchema>
