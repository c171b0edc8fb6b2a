import { amdRoots, intelRoot, referenceValuesSchema } from '@reinraum/attestation'
import { expect, it } from 'vitest'
import { referenceValuesText } from './reference-values-text.ts'

const hex = (byte: string, length = 48) => byte.repeat(length)
const snp = {
  roots: [{ product: 'Genoa' as const, sha256: amdRoots.Genoa, simulated: false }],
  measurements: [hex('aa')],
}
const tdx = { roots: [{ sha256: intelRoot, simulated: false }], mrtd: [hex('bb')], policy: { requireRtmrs: false } }
const text = (values: object) => referenceValuesText(referenceValuesSchema.parse(values)).split('\n')

it('what is not compared is said to be any', () => {
  expect(text({ snp })).toEqual([
    'AMD SEV-SNP, hardware only',
    `measurement ${hex('aa')}`,
    ...['host data any', 'id key any', 'chip any'],
  ])
  expect(text({ tdx })).toEqual([
    'Intel TDX, hardware only',
    `MRTD ${hex('bb')}`,
    ...['rtmr0 any', 'rtmr1 any', 'rtmr2 any', 'rtmr3 any', 'mrConfigId any', 'mrOwner any', 'mrOwnerConfig any', 'mrSeam any'],
    ...['mrServiceTd none', 'event log if-present', 'NOT THE DEFAULT: requireRtmrs false'],
  ])
})

it('what is compared is shown', () => {
  const idKeys = [{ digest: hex('dd'), minimumGuestSvn: 3 }]
  const shown = text({ snp: { ...snp, hostData: [hex('cc', 32)], idKeys, chipIds: [hex('ee', 64)] } })
  expect(shown).toContain(`host data ${hex('cc', 32)}`)
  expect(shown).toContain(`id key ${hex('dd')} from guest version 3`)
  expect(shown).toContain(`chip ${hex('ee', 64)}`)
  const chipIds = Array.from({ length: 9 }, (_, index) => hex(`0${index}`, 64))
  expect(text({ snp: { ...snp, chipIds } })).toContain('chip one of 9 that are listed')
})

it('a paravisor that is accepted is pointed out, for either kind of hardware', () => {
  const paravisor = { kind: 'azure', pcrs: { 4: [hex('ab', 32)] } }
  for (const shown of [text({ snp: { ...snp, paravisor } }), text({ tdx: { ...tdx, paravisor } })]) {
    expect(shown).toContain("NOT THE DEFAULT: the paravisor of azure is accepted, with all of the guest's memory")
    expect(shown).toContain(`PCR 4 ${hex('ab', 32)}`)
  }
})
