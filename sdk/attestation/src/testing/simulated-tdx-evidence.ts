import { toHex } from '@reinraum/crypto'
import { appraise } from '../appraise.ts'
import type { Endorsements } from '../evidence.ts'
import type { FreshnessNumbers } from '../freshness/floors.ts'
import type { ReferenceValuesInput } from '../reference-values.ts'
import type { AttestationResult } from '../result.ts'
import { type SimulatedTdxGuest, simulatedTdxAttester } from '../simulator/tdx/attester.ts'
import { replayEvents, type SimulatedEvent } from '../simulator/tdx/event-log.ts'
import type { SimulatedTdxOverrides, TdxEvidence } from '../simulator/tdx/overrides.ts'
import { createSimulatedTdxPlatform, type SimulatedTdxPlatform } from '../simulator/tdx/platform.ts'
import type { TdxReferenceValuesInput } from '../tdx/reference-values.ts'
import { now, reportData } from './simulated-evidence.ts'

export const mrtd = '4d'.repeat(48)
export const mrConfigId = 'c0'.repeat(48)

const text = (value: string) => new Uint8Array(Buffer.from(value, 'latin1'))
/** what a guest's firmware, boot loader and own code measured, as it would be on hardware */
export const events: readonly SimulatedEvent[] = [
  { rtmr: 0, type: 0x8000_0007, data: text('Booting simulated firmware') },
  { rtmr: 0, type: 4, data: new Uint8Array(4) },
  { rtmr: 1, type: 4, data: new Uint8Array(4) },
  { rtmr: 1, type: 0x8000_0007, data: text('Exit Boot Services Invocation') },
  { rtmr: 2, type: 5, data: text('root=/dev/dm-0 roothash=00') },
  { rtmr: 3, type: 5, data: text('configuration') },
]
const [rtmr0 = '', rtmr1 = '', rtmr2 = '', rtmr3 = ''] = replayEvents(events).map(toHex)
export const rtmrs = [rtmr0, rtmr1, rtmr2, rtmr3] as const

export function createTdxPlatform(): Promise<SimulatedTdxPlatform> {
  return createSimulatedTdxPlatform({ now })
}

/** Reference values that accept the platform and what runs on it, with every default, and leave nothing unasked. */
export function tdxReferenceFor(
  platform: SimulatedTdxPlatform,
  more: Partial<TdxReferenceValuesInput> = {},
): ReferenceValuesInput {
  const zero = '00'.repeat(48)
  return {
    tdx: {
      roots: [{ sha256: platform.rootSha256, simulated: true }],
      mrtd: [mrtd],
      rtmr0: [rtmr0],
      rtmr1: [rtmr1],
      rtmr2: [rtmr2],
      rtmr3: [rtmr3],
      mrConfigId: [mrConfigId],
      mrOwner: [zero],
      mrOwnerConfig: [zero],
      mrSeam: ['53'.repeat(48)],
      eventLog: 'required',
      ...more,
    },
  }
}

export interface TdxSituation {
  readonly guest?: Omit<SimulatedTdxGuest, 'mrtd' | 'overrides'>
  readonly overrides?: SimulatedTdxOverrides
  readonly reference?: Partial<TdxReferenceValuesInput>
  readonly reportData?: Uint8Array
  /** given the numbers of the platform's own collateral: the newest ones that the relying party has seen */
  readonly floors?: (observed: FreshnessNumbers) => FreshnessNumbers
  readonly now?: Date
}

export async function tdxEvidenceOf(
  platform: SimulatedTdxPlatform,
  { guest, overrides = {} }: Pick<TdxSituation, 'guest' | 'overrides'> = {},
): Promise<{ readonly evidence: TdxEvidence; readonly endorsements: Endorsements }> {
  const measured = guest?.rtmrs === undefined ? { events } : {}
  const attester = simulatedTdxAttester(platform, { mrtd, mrConfigId, ...measured, ...guest, overrides })
  const { evidence, endorsements } = await attester.getEvidence(reportData)
  if (evidence.tee !== 'tdx') throw new Error('the simulator makes TDX evidence')
  return { evidence, endorsements }
}

/** Appraises evidence that is perfect but for what the situation changes. */
export async function appraiseTdxIn(platform: SimulatedTdxPlatform, situation: TdxSituation = {}): Promise<AttestationResult> {
  const { evidence, endorsements } = await tdxEvidenceOf(platform, situation)
  const floors = situation.floors?.((await appraiseTdxIn(platform)).observed)
  const expected = { reportData: situation.reportData ?? reportData, ...(floors ? { floors } : {}) }
  return appraise(evidence, endorsements, tdxReferenceFor(platform, situation.reference), expected, situation.now ?? now)
}
