import type { AttestationResult, Waiver } from '@reinraum/attestation'
import { expect, it } from 'vitest'
import { appraisalJson, appraisalText } from './appraisal-text.ts'

const bad: AttestationResult = {
  status: 'contraindicated',
  hardware: false,
  tee: 'snp',
  paravisor: null,
  trustVector: {
    'instance-identity': 0,
    configuration: 0,
    executables: 0,
    'file-system': 0,
    hardware: 0,
    'runtime-opaque': 0,
    'storage-opaque': 0,
    'sourced-data': 0,
  },
  claims: null,
  checks: [],
  reasons: [],
  waivers: [],
  observed: {},
}
const first = (result: AttestationResult) => appraisalText(result).split('\n')[0]

it('only what a processor is proven to have signed is called hardware, and only a simulator is called one', () => {
  const pinned = (detail: string) => ({ checks: [{ name: 'pinned-root', verdict: 'passed', detail } as const] })
  expect(first({ ...bad, status: 'affirming', hardware: true })).toBe('affirming, hardware')
  expect(first({ ...bad, status: 'affirming' })).toBe('affirming, SIMULATED hardware')
  expect(first({ ...bad, ...pinned('simulated root ab') })).toBe('contraindicated, SIMULATED hardware')
  expect(first({ ...bad, ...pinned('AMD root ab') })).toBe('contraindicated, NOT PROVEN to be hardware')
  expect(first(bad)).toBe('contraindicated, NOT PROVEN to be hardware')
})

it('a detail cannot be written so that it reads like a check of its own', () => {
  const detail = 'x is revoked\n  ✓ revocation: nothing of the chain is on the list'
  const text = appraisalText({ ...bad, checks: [{ name: 'revocation', verdict: 'failed', detail }] })
  expect(text.split('\n').filter((line) => line.includes('✓ revocation'))).toEqual([
    '  ✗ revocation: x is revoked   ✓ revocation: nothing of the chain is on the list',
  ])
})

it('checks that were not reached are named in one line, and none is left out', () => {
  const checks = [
    { name: 'certificates', verdict: 'failed', detail: 'no ARK for Genoa' },
    { name: 'pinned-root', verdict: 'skipped', detail: 'needs certificates' },
    { name: 'smt', verdict: 'skipped', detail: 'simultaneous multithreading may be on' },
    { name: 'measurement', verdict: 'skipped', detail: 'needs certificates' },
  ] as const
  expect(
    appraisalText({ ...bad, reasons: ['certificate-missing'], checks })
      .split('\n')
      .slice(1, -1),
  ).toEqual([
    '  refused: certificate-missing',
    '  ✗ certificates: no ARK for Genoa',
    '  · smt: simultaneous multithreading may be on',
    '  · not judged, for what they need does not hold: pinned-root, measurement',
  ])
})

it('whoever stands between hardware and guest is named, and what was given up', () => {
  const waived: Waiver[] = ['paravisor', 'vmpl']
  const text = appraisalText({ ...bad, status: 'warning', hardware: true, paravisor: 'azure', waivers: waived })
  expect(text).toContain("\n  given up by the policy: paravisor, the operator's paravisor can read all of the guest's memory")
  expect(text).toContain('\n  given up by the policy: vmpl, software inside the guest')
  expect(text).toContain("\n  measured by the paravisor of azure, which is trusted with all of the guest's memory")
  expect(appraisalJson({ ...bad, paravisor: 'azure', waivers: waived })).toMatchObject({ paravisor: 'azure', waivers: waived })
})
