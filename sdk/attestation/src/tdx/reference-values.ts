import { z } from 'zod'
import { paravisorReferenceSchema } from '../azure/reference-values.ts'
import { hexBytes } from '../hex.ts'
import { intelRoot } from './roots.ts'
import { tcbStatuses } from './tcb-status.ts'

const rootSchema = z
  .strictObject({
    /** SHA-256 of the DER of the root certificate */
    sha256: hexBytes(32),
    simulated: z.boolean(),
  })
  // A contract can neither pass a simulator off as hardware nor call hardware a simulator.
  .refine((root) => root.simulated !== (root.sha256 === intelRoot), {
    path: ['simulated'],
    message: "a root that is not Intel's own must be named as simulated, and Intel's own must not",
  })

/** Every default is the strict one: what is not written in the contract is not allowed. */
const tdxPolicySchema = z.strictObject({
  /** verdicts of Intel's TCB info that are acceptable, after platform, module and quoting enclave have converged */
  tcbStatuses: z
    .array(z.enum(tcbStatuses.filter((status) => status !== 'Revoked')))
    .min(1)
    .default(['UpToDate']),
  /** beside the floor that a relying party keeps for itself */
  minimumTcbEvaluationDataNumber: z.int().min(0).max(0xffffffff).default(0),
  requireCrl: z.boolean().default(true),
  allowDebug: z.boolean().default(false),
  /** without it the host may inject pages that the guest did not accept, and the guest learns of it only by an exception */
  requireSeptVeDisable: z.boolean().default(true),
  allowPks: z.boolean().default(false),
  allowPerfmon: z.boolean().default(false),
  /** MRTD measures the firmware only: what it started is in RTMR 1 and 2, and without them any kernel would do */
  requireRtmrs: z.boolean().default(true),
})
export type TdxPolicy = z.infer<typeof tdxPolicySchema>

const registers = z.array(hexBytes(48)).min(1).max(64)

const valuesSchema = z.strictObject({
  roots: z.array(rootSchema).min(1).max(16),
  /** measurement of what the TD was built from, any of which is acceptable; likewise below */
  mrtd: registers,
  /** run-time measurements; absent: not looked at. 1 and 2 must be there, see `requireRtmrs` */
  rtmr0: registers.optional(),
  rtmr1: registers.optional(),
  rtmr2: registers.optional(),
  rtmr3: registers.optional(),
  /** digest of the configuration that the TD was started with; absent: not looked at */
  mrConfigId: registers.optional(),
  mrOwner: registers.optional(),
  mrOwnerConfig: registers.optional(),
  /** the TDX module itself; absent: Intel's identity of the module decides */
  mrSeam: registers.optional(),
  /** service TDs that may be bound to the TD; absent: none */
  mrServiceTd: registers.optional(),
  /** `required`: the event log must come along and replay to the RTMRs; `if-present`: one that comes along must */
  eventLog: z.enum(['required', 'if-present']).default('if-present'),
  /** where the guest runs on a paravisor; absent: evidence of such a guest is refused */
  paravisor: paravisorReferenceSchema.optional(),
  policy: tdxPolicySchema.prefault({}),
})

/** A paravisor's own registers stand in for the run-time measurements. */
export const tdxReferenceValuesSchema = valuesSchema.superRefine(({ paravisor, policy, ...values }, context) => {
  if (paravisor !== undefined || !policy.requireRtmrs) return
  for (const name of ['rtmr1', 'rtmr2'] as const) {
    if (values[name] !== undefined) continue
    const message = 'list what the firmware may have started, or give it up in so many words: policy: { requireRtmrs: false }'
    context.addIssue({ code: 'custom', path: [name], message })
  }
})
export type TdxReferenceValues = z.infer<typeof tdxReferenceValuesSchema>
/** as a person writes them: what has a default may be left out */
export type TdxReferenceValuesInput = z.input<typeof tdxReferenceValuesSchema>
