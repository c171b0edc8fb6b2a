import { z } from 'zod'

const path = z.string().min(1)

/**
 * Where the evidence of a service comes from. `simulator` is for machines without a TEE: its evidence proves nothing, and a
 * contract accepts it only by naming the simulated root. `configfs-tsm` is the kernel of a confidential guest.
 */
export const attesterConfigSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('simulator'),
    /** file of a simulated platform, SEV-SNP or TDX */
    platform: path,
  }),
  z.strictObject({
    kind: z.literal('configfs-tsm'),
    /** `/sys/kernel/config/tsm/report` unless told */
    folder: path.optional(),
    /** folder of certificates and revocation lists (PEM or DER) and `collateral.json`, read anew for each piece of evidence */
    endorsements: path,
    /** TDX: the kernel's copy of the CCEL unless told; one that is named must be there */
    eventLog: path.optional(),
    /** SEV-SNP: the VMPL that reports speak of */
    privilegeLevel: z.int().min(0).max(3).optional(),
  }),
])
export type AttesterConfig = z.infer<typeof attesterConfigSchema>
