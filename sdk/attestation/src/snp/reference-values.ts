import { z } from 'zod'
import { paravisorReferenceSchema } from '../azure/reference-values.ts'
import { hexBytes } from '../hex.ts'
import { amdRoots, isAmdRoot, snpProducts } from './roots.ts'

const spl = z.int().min(0).max(255)

const tcbSchema = z.strictObject({
  bootloader: spl.default(0),
  tee: spl.default(0),
  snp: spl.default(0),
  microcode: spl.default(0),
  /** Turin only */
  fmc: spl.default(0),
})

const rootSchema = z
  .strictObject({
    product: z.enum(snpProducts),
    /** SHA-256 of the DER of the root certificate (ARK) */
    sha256: hexBytes(32),
    simulated: z.boolean(),
  })
  // A contract can neither pass a simulator off as hardware nor call hardware a simulator.
  .refine((root) => root.simulated !== isAmdRoot(root.product, root.sha256), {
    path: ['simulated'],
    message: "a root that is not AMD's own must be named as simulated, and AMD's own must not",
  })
  .refine((root) => !root.simulated || !(Object.values(amdRoots) as string[]).includes(root.sha256), {
    path: ['product'],
    message: 'this root belongs to another product',
  })

/** Every default is the strict one: what is not written in the contract is not allowed. */
const snpPolicySchema = z.strictObject({
  /** Milan is left out: its VCEK seed can be extracted in software (arXiv 2605.12990) */
  products: z.array(z.enum(snpProducts)).min(1).default(['Genoa', 'Turin']),
  /** version 2 reports carry no CPUID */
  allowVersion2: z.boolean().default(false),
  allowDebug: z.boolean().default(false),
  allowMigration: z.boolean().default(false),
  /** a host may mask the chip id; then nothing ties the report to one chip */
  allowMaskedChipId: z.boolean().default(false),
  vmpls: z.array(z.int().min(0).max(3)).min(1).default([0]),
  minimumAbi: z.strictObject({ major: spl, minor: spl }).default({ major: 0, minor: 0 }),
  /** applied to the reported, the committed and the launch TCB */
  minimumTcb: z
    .strictObject({ Milan: tcbSchema.optional(), Genoa: tcbSchema.optional(), Turin: tcbSchema.optional() })
    .default({}),
  allowSmt: z.boolean().default(true),
  requireSingleSocket: z.boolean().default(false),
  /** the memory was checked for aliases at boot (BadRAM, CVE-2024-21944) */
  requireAliasCheck: z.boolean().default(true),
  requireCiphertextHiding: z.boolean().default(false),
  requireCrl: z.boolean().default(true),
  /** cloud providers whose VLEK may sign, e.g. `CN=cc-us-east-2.amazonaws.com`; none by default */
  cspIds: z.array(z.string().min(1).max(256)).max(64).default([]),
})
export type SnpPolicy = z.infer<typeof snpPolicySchema>

export const snpReferenceValuesSchema = z
  .strictObject({
    roots: z.array(rootSchema).min(1).max(16),
    /** launch measurements, any of which is acceptable */
    measurements: z.array(hexBytes(48)).min(1).max(64),
    /** digest of the configuration that the guest was started with, any of which is acceptable; absent: not looked at */
    hostData: z.array(hexBytes(32)).min(1).max(64).optional(),
    /** key that signed the guest's identity block, with the lowest guest version that it may have signed; absent: not looked at */
    idKeys: z
      .array(z.strictObject({ digest: hexBytes(48), minimumGuestSvn: z.int().min(0).max(0xffffffff) }))
      .min(1)
      .max(64)
      .optional(),
    /** chips that may run the guest; absent: any */
    chipIds: z.array(hexBytes(64)).min(1).max(4096).optional(),
    /** where the guest runs on a paravisor; absent: evidence of such a guest is refused */
    paravisor: paravisorReferenceSchema.optional(),
    policy: snpPolicySchema.prefault({}),
  })
  .refine(({ paravisor, policy }) => paravisor === undefined || policy.vmpls.every((level) => level === 0), {
    path: ['policy', 'vmpls'],
    // A guest that can ask the hardware itself, from its own level, could have it vouch for any key as the paravisor's.
    message: 'under a paravisor, which holds level 0, no other level may ask for reports',
  })
export type SnpReferenceValues = z.infer<typeof snpReferenceValuesSchema>
/** as a person writes them: what has a default may be left out */
export type SnpReferenceValuesInput = z.input<typeof snpReferenceValuesSchema>
