import type { RevocationListContent } from '../../simulator/certificates.ts'
import { crlNumber, keyUsage } from '../../simulator/extensions.ts'
import type { TdxCollateral } from '../../simulator/tdx/collateral.ts'
import { tdxSerials } from '../../simulator/tdx/templates.ts'
import { shiftedBy, strangerRsa, withExtension } from '../certificate-changes.ts'
import { faultsOf, signedByStranger, stranger, type TdxFault } from './fault.ts'

type Change = (list: RevocationListContent) => RevocationListContent
const lists = [
  { role: 'root', override: 'rootCrl', field: 'root_ca_crl', other: 'pck_crl' },
  { role: 'PCK', override: 'pckCrl', field: 'pck_crl', other: 'root_ca_crl' },
] as const
const unauthenticated = 'revocation lists are not authenticated (dcap-qvl 207)'

/** the same fault in either list: a verifier that looks at one must look at the other */
function inEither(reason: TdxFault['reason'], what: string, change: Change, bypass?: TdxFault['bypass']): readonly TdxFault[] {
  return lists.map(({ role, override }) => ({
    when: `the list of the ${role} ${what}`,
    check: 'revocation-list',
    reason,
    overrides: { [override]: change },
    ...(bypass ? { bypass } : {}),
  }))
}

const content: readonly TdxFault[] = [
  ...inEither('crl-invalid', 'is signed by a stranger', signedByStranger, unauthenticated),
  ...inEither('crl-invalid', 'is signed with RSA', (c) => ({ ...c, signedBy: { key: strangerRsa.privateKey } }), unauthenticated),
  ...inEither('crl-invalid', 'is signed with SHA-384', (c) => ({ ...c, signedBy: { ...c.signedBy, hash: 'sha384' } })),
  ...inEither(
    'crl-invalid',
    'is of an issuer that is neither',
    (c) => ({ ...c, issuer: 'Intel SGX PCK Processor CA' }),
    unauthenticated,
  ),
  ...inEither('crl-invalid', 'has no end', (c) => ({ ...c, nextUpdate: null })),
  ...inEither('crl-invalid', 'is only the difference to another one', (c) => ({
    ...c,
    extensions: [...c.extensions, { oid: '2.5.29.27', critical: true, value: Uint8Array.of(2, 1, 1) }],
  })),
  ...inEither('crl-invalid', 'has an entry that says something else', (c) => ({
    ...c,
    revoked: [{ serial: Uint8Array.of(1), extensions: [{ oid: '2.5.29.29', critical: true, value: Uint8Array.of(0x30, 0) }] }],
  })),
  ...inEither('crl-invalid', 'has two numbers', (c) => ({ ...c, extensions: [...c.extensions, crlNumber(9)] })),
  ...inEither(
    'crl-expired',
    'is stale',
    (c) => ({ ...c, nextUpdate: shiftedBy(-1) }),
    'a stale revocation list is accepted (go-sev-guest 191)',
  ),
  ...inEither('crl-not-yet-valid', 'is from the future', (c) => ({ ...c, thisUpdate: shiftedBy(24) })),
]

const fields: readonly TdxFault[] = lists.flatMap(({ role, field, other }) => [
  ...faultsOf({ check: 'revocation-list', reason: 'crl-missing' }, [
    { when: `there is no list of the ${role}`, overrides: { collateral: (c: TdxCollateral) => ({ ...c, [field]: '' }) } },
  ]),
  ...faultsOf({ check: 'revocation-list', reason: 'crl-invalid' }, [
    { when: `the list of the ${role} is garbage`, overrides: { collateral: (c: TdxCollateral) => ({ ...c, [field]: '3000' }) } },
    {
      when: `the list of the ${role} is no text of bytes`,
      overrides: { collateral: (c: TdxCollateral) => ({ ...c, [field]: 'list?' }) },
    },
    {
      when: `a byte follows the list of the ${role}`,
      overrides: { collateral: (c: TdxCollateral) => ({ ...c, [field]: `${c[field]}00` }) },
    },
    {
      when: `the other list stands in the place of that of the ${role}`,
      overrides: { collateral: (c: TdxCollateral) => ({ ...c, [field]: c[other] }) },
      bypass: unauthenticated,
    },
  ]),
])

const others: readonly TdxFault[] = faultsOf({ check: 'revocation-list', reason: 'crl-invalid' }, [
  {
    when: 'the authority beside the list has another key',
    overrides: { pckCrlIssuer: (c) => ({ ...c, publicKey: stranger.publicKey }) },
  },
  { when: 'the authority beside the list is certified by a stranger', overrides: { pckCrlIssuer: signedByStranger } },
  {
    when: 'the authority beside the list has another name',
    overrides: { pckCrlIssuer: (c) => ({ ...c, subject: 'Intel SGX PCK Processor CA' }) },
  },
  { when: 'the authority may not sign lists', overrides: { platformCa: withExtension('2.5.29.15', keyUsage(0x04).value, true) } },
  {
    when: 'the chain of the list is that of the TCB signer',
    overrides: { collateral: (c) => ({ ...c, pck_crl_issuer_chain: c.tcb_info_issuer_chain }) },
  },
])

const numbers: readonly TdxFault[] = [
  ...lists.map(({ role, override }) => ({
    when: `the list of the ${role} has no number to compare with what was seen before`,
    check: 'crl-number' as const,
    reason: 'crl-number-missing' as const,
    overrides: { [override]: (c: RevocationListContent) => ({ ...c, extensions: [] }) },
    floors: () => ({}),
  })),
  ...[0, 1].map((index) => ({
    when: `${index === 0 ? 'one' : 'the other'} of the two lists is older than one that was seen before`,
    check: 'crl-number' as const,
    reason: 'crl-number-below-floor' as const,
    floors: (observed: Readonly<Record<string, string>>) => {
      const series = Object.keys(observed).filter((name) => name.startsWith('crl/'))[index]
      return series === undefined ? {} : { [series]: '2' }
    },
  })),
]

/** RFC 5280 §5.3.1: the key was compromised, as all entries of Intel's lists say. */
const reason = { oid: '2.5.29.21', critical: false, value: Uint8Array.of(0x0a, 1, 1) }

const revoked: readonly TdxFault[] = [
  { role: 'root', override: 'rootCrl', serial: tdxSerials.root },
  { role: 'authority', override: 'rootCrl', serial: tdxSerials.platformCa },
  { role: 'signer of TCB info and QE identity', override: 'rootCrl', serial: tdxSerials.tcbSigning },
  {
    role: 'authority, in a longer form of its serial,',
    override: 'rootCrl',
    serial: Uint8Array.of(0, 0, ...tdxSerials.platformCa),
  },
  { role: 'PCK', override: 'pckCrl', serial: tdxSerials.pck },
  {
    role: 'PCK, for a reason that the list names,',
    override: 'pckCrl',
    serial: { serial: tdxSerials.pck, extensions: [reason] },
  },
].map(({ role, override, serial }) => ({
  when: `the ${role} is revoked`,
  check: 'revocation',
  reason: 'certificate-revoked',
  overrides: { [override]: (c: RevocationListContent) => ({ ...c, revoked: [Uint8Array.of(0x55), serial] }) },
}))

const signersRevoked: readonly TdxFault[] = (['tcbInfoSigning', 'qeIdentitySigning'] as const).map((role) => ({
  when: `the ${role} alone is revoked`,
  check: 'revocation',
  reason: 'certificate-revoked',
  overrides: {
    [role]: (c: { readonly serial: Uint8Array }) => ({ ...c, serial: Uint8Array.of(0x44) }),
    rootCrl: (c) => ({ ...c, revoked: [Uint8Array.of(0x44)] }),
  },
}))

export const revocationFaults: readonly TdxFault[] = [...content, ...fields, ...others, ...numbers, ...revoked, ...signersRevoked]
