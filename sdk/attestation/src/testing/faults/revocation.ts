import type { SimulatedOverrides } from '../../simulator/snp/attester.ts'
import { shiftedBy, strangerRsa } from '../certificate-changes.ts'
import type { Fault } from './fault.ts'

export const revocationFaults: readonly Fault[] = [
  {
    when: 'there is no revocation list',
    check: 'revocation-list',
    reason: 'crl-missing',
    overrides: { endorsements: (e) => ({ ...e, crls: [] }) },
  },
  {
    when: 'the revocation list is garbage',
    check: 'revocation-list',
    reason: 'crl-invalid',
    overrides: { endorsements: (e) => ({ ...e, crls: [Uint8Array.of(0x30, 0)] }) },
  },
  {
    when: 'a bad list stands beside the good one',
    check: 'revocation-list',
    reason: 'crl-invalid',
    overrides: { endorsements: (e) => ({ ...e, crls: [...e.crls, Uint8Array.of(0x30, 0)] }) },
  },
  {
    when: 'there are more lists than any root has',
    check: 'revocation-list',
    reason: 'crl-invalid',
    overrides: { endorsements: (e) => ({ ...e, crls: Array(9).fill(e.crls[0]) }) },
  },
  {
    when: 'the list is of another issuer',
    check: 'revocation-list',
    reason: 'crl-invalid',
    overrides: { crl: (c) => ({ ...c, issuer: 'ARK-Milan' }) },
  },
  {
    when: 'the list is signed by a stranger',
    check: 'revocation-list',
    reason: 'crl-invalid',
    overrides: { crl: (c) => ({ ...c, signedBy: { key: strangerRsa.privateKey } }) },
  },
  {
    when: 'the list is signed with SHA-256',
    check: 'revocation-list',
    reason: 'crl-invalid',
    overrides: { crl: (c) => ({ ...c, signedBy: { ...c.signedBy, hash: 'sha256' } }) },
  },
  {
    when: 'the list has no end',
    check: 'revocation-list',
    reason: 'crl-invalid',
    overrides: { crl: (c) => ({ ...c, nextUpdate: null }) },
  },
  {
    when: 'the list is only the difference to another one',
    check: 'revocation-list',
    reason: 'crl-invalid',
    overrides: { crl: (c) => ({ ...c, extensions: [{ oid: '2.5.29.27', critical: true, value: Uint8Array.of(2, 1, 1) }] }) },
  },
  {
    when: 'the list is stale',
    check: 'revocation-list',
    reason: 'crl-expired',
    overrides: { crl: (c) => ({ ...c, nextUpdate: shiftedBy(-1) }) },
  },
  {
    when: 'the list is from the future',
    check: 'revocation-list',
    reason: 'crl-not-yet-valid',
    overrides: { crl: (c) => ({ ...c, thisUpdate: shiftedBy(24) }) },
  },
  {
    when: 'the list is older than one that was seen before',
    check: 'crl-number',
    reason: 'crl-number-below-floor',
    floors: (observed) => Object.fromEntries(Object.keys(observed).map((series) => [series, '2'])),
  },
  {
    when: 'the list has no number to compare with what was seen before',
    check: 'crl-number',
    reason: 'crl-number-missing',
    overrides: { crl: (c) => ({ ...c, extensions: [] }) },
    floors: () => ({}),
  },
  ...[
    { role: 'root', serial: Uint8Array.of(0x7f, 0, 0) },
    { role: 'intermediate', serial: Uint8Array.of(0x7f, 0, 1) },
    { role: 'intermediate, in a longer form of its serial,', serial: Uint8Array.of(0, 0x7f, 0, 1) },
    { role: 'signing key', serial: Uint8Array.of(0) },
  ].map(({ role, serial }) => ({
    when: `the ${role} is revoked`,
    check: 'revocation' as const,
    reason: 'certificate-revoked' as const,
    overrides: { crl: (c: Parameters<NonNullable<SimulatedOverrides['crl']>>[0]) => ({ ...c, revoked: [serial] }) },
  })),
]
