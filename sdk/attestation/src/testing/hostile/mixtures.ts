import { toHex } from '@reinraum/crypto'
import { replayEvents } from '../../simulator/tdx/event-log.ts'
import { createPlatform, evidenceOf, now, referenceFor, reportData } from '../simulated-evidence.ts'
import { createTdxPlatform, events, tdxEvidenceOf, tdxReferenceFor } from '../simulated-tdx-evidence.ts'
import type { GoodEvidence } from './good-evidence.ts'

type Two = readonly [GoodEvidence, GoodEvidence]

/** Evidence of two platforms, and a relying party that accepts both. */
export const mixtures: Readonly<Record<string, () => Promise<Two>>> = {
  'reports of two processors': async () => {
    const [one, other] = await Promise.all([createPlatform(), createPlatform()])
    const roots = [one, other].flatMap((platform) => referenceFor(platform).snp?.roots ?? [])
    const of = async (platform: typeof one): Promise<GoodEvidence> => {
      return { ...(await evidenceOf(platform)), reference: referenceFor(platform, { roots }), reportData, now }
    }
    return [await of(one), await of(other)]
  },
  'quotes of two platforms, with logs of their own': async () => {
    const [one, other] = await Promise.all([createTdxPlatform(), createTdxPlatform()])
    const roots = [one, other].flatMap((platform) => tdxReferenceFor(platform).tdx?.roots ?? [])
    const more = [...events, { rtmr: 3 as const, type: 5, data: Uint8Array.of(1) }]
    const rtmr3 = [events, more].map((log) => toHex(replayEvents(log)[3] ?? new Uint8Array(0)))
    const of = async (platform: typeof one, log: typeof more): Promise<GoodEvidence> => {
      const made = await tdxEvidenceOf(platform, { guest: { events: log } })
      return { ...made, reference: tdxReferenceFor(platform, { roots, rtmr3 }), reportData, now }
    }
    return [await of(one, [...events]), await of(other, more)]
  },
}
