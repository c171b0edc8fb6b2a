import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  createSimulatedPlatform,
  createSimulatedTdxPlatform,
  describeEvidence,
  type Evidence,
  type SimulatedEvent,
  type SimulatedOverrides,
  type SimulatedPlatform,
  type SimulatedTdxOverrides,
  type SimulatedTdxPlatform,
  simulatedAttester,
  simulatedTdxAttester,
} from '@reinraum/attestation'
import { toHex } from '@reinraum/crypto'

export const now = new Date('2026-11-21T12:00:00.000Z')
export const measurement = '5a'.repeat(48)
export const reportData = new Uint8Array(64).fill(0xd5)
export const reportDataHex = toHex(reportData)
const events: readonly SimulatedEvent[] = [
  { rtmr: 0, type: 4, data: new Uint8Array(4) },
  { rtmr: 2, type: 5, data: new Uint8Array(Buffer.from('root=/dev/dm-0')) },
]

/** Evidence of simulated processors as somebody would be handed it: in files. */
export interface SimulatedFiles {
  readonly snp: SimulatedPlatform
  readonly tdx: SimulatedTdxPlatform
  at(name: string): string
  /** report.bin, a folder `endorsements` in PEM and DER, snp.json; each under a name of its own */
  writeSnp(name: string, overrides?: SimulatedOverrides, policy?: object): Promise<string[]>
  /** quote.bin, ccel.bin, collateral.json and tdx.json */
  writeTdx(name: string, overrides?: SimulatedTdxOverrides, policy?: object): Promise<string[]>
}

export async function simulatedFiles(folder: string): Promise<SimulatedFiles> {
  // RSA-2048, because a test does not gain from the seconds that AMD's RSA-4096 takes.
  const [snp, tdx] = await Promise.all([
    createSimulatedPlatform({ now, modulusLength: 2048 }),
    createSimulatedTdxPlatform({ now }),
  ])
  const at = (name: string) => join(folder, name)
  return {
    snp,
    tdx,
    at,
    async writeSnp(name, overrides = {}, policy = {}) {
      const { evidence, endorsements } = await simulatedAttester(snp, { measurement, overrides }).getEvidence(reportData)
      await mkdir(at(`${name}/endorsements`), { recursive: true })
      await writeFile(at(`${name}/report.bin`), bytesOf(evidence))
      const [first = new Uint8Array(), ...rest] = endorsements.certificates
      await writeFile(at(`${name}/endorsements/chain.pem`), rest.map((der) => pem('CERTIFICATE', der)).join('\n'))
      await writeFile(at(`${name}/endorsements/first.der`), first)
      await writeFile(at(`${name}/endorsements/list.pem`), endorsements.crls.map((der) => pem('X509 CRL', der)).join('\n'))
      const root = { product: snp.product, sha256: snp.arkSha256, simulated: true }
      await writeFile(at(`${name}/snp.json`), JSON.stringify({ snp: { roots: [root], measurements: [measurement], policy } }))
      return [
        ...['--tee', 'snp', '--evidence', at(`${name}/report.bin`)],
        ...['--endorsements', at(`${name}/endorsements`), '--policy', at(`${name}/snp.json`)],
      ]
    },
    async writeTdx(name, overrides = {}, policy = {}) {
      const attester = simulatedTdxAttester(tdx, { mrtd: measurement, events, overrides })
      const { evidence, endorsements } = await attester.getEvidence(reportData)
      await mkdir(at(name), { recursive: true })
      await writeFile(at(`${name}/quote.bin`), bytesOf(evidence))
      await writeFile(at(`${name}/ccel.bin`), (evidence.tee === 'tdx' && evidence.eventLog) || new Uint8Array())
      await writeFile(at(`${name}/collateral.json`), endorsements.collateral ?? new Uint8Array())
      const root = { sha256: tdx.rootSha256, simulated: true }
      await writeFile(
        at(`${name}/tdx.json`),
        JSON.stringify({ tdx: { roots: [root], mrtd: [measurement], ...started(evidence), policy } }),
      )
      return [
        ...['--tee', 'tdx', '--evidence', at(`${name}/quote.bin`), '--event-log', at(`${name}/ccel.bin`)],
        ...['--collateral', at(`${name}/collateral.json`), '--policy', at(`${name}/tdx.json`)],
      ]
    },
  }
}

/** What the firmware of the simulated guest started, as the quote says. */
function started(evidence: Evidence) {
  const shown = describeEvidence(evidence)
  const [, rtmr1 = '', rtmr2 = ''] = ('quote' in shown && shown.quote?.body.rtmr) || []
  return { rtmr1: [rtmr1], rtmr2: [rtmr2] }
}

function bytesOf(evidence: Evidence): Uint8Array {
  return evidence.tee === 'snp' ? evidence.report : evidence.quote
}

export function pem(label: string, der: Uint8Array): string {
  const base64 = Buffer.from(der).toString('base64').replaceAll(/.{64}/g, '$&\n')
  return `-----BEGIN ${label}-----\n${base64.trimEnd()}\n-----END ${label}-----\n`
}
