import { sign } from 'node:crypto'
import { concatBytes, sha256, utf8 } from '@reinraum/crypto'
import { rawPublicKey } from '../../simulator/tdx/quote.ts'
import { faultsOf, quoteKinds, stranger, type TdxFault } from './fault.ts'

const ownKey: TdxFault['bypass'] = "the quote's own key is trusted (trustee 1375)"

/** Where the signature begins in a quote of each kind: after header, descriptor, body and length. */
const signatureAt = { '4/1.0': 636, '5/1.0': 642, '5/1.5': 706 } as const

/** A quote that a stranger signed with a key of their own, beside the report of the real enclave. */
function signedByStranger(kind: (typeof quoteKinds)[number]) {
  return (quote: Uint8Array): Uint8Array => {
    const at = signatureAt[`${kind.version}/${kind.body}` as keyof typeof signatureAt]
    const changed = Uint8Array.from(quote)
    const signed = changed.subarray(0, at - 4)
    changed.set(sign('sha256', signed, { key: stranger.privateKey, dsaEncoding: 'ieee-p1363' }), at)
    changed.set(rawPublicKey(stranger.privateKey), at + 64)
    return changed
  }
}

function flipped(at: number) {
  return (quote: Uint8Array) => quote.with(at, (quote[at] ?? 0) ^ 1)
}

const authData = Uint8Array.from({ length: 32 }, (_, index) => index)
/** a binding of the stranger's key: right where the stranger's key stands in the quote */
const bound = sha256(concatBytes(rawPublicKey(stranger.privateKey), authData))
const withStranger = { attestationKey: () => stranger.privateKey, quoteSigner: () => stranger.privateKey }

const binding: readonly TdxFault[] = faultsOf({ check: 'qe-report-binding', reason: 'qe-report-binding-invalid' }, [
  ...quoteKinds.map((kind) => ({
    when: `a version ${kind.version} quote (TD ${kind.body}) is signed by a key that the enclave does not vouch for`,
    bypass: ownKey,
    guest: kind,
    overrides: { afterSigning: signedByStranger(kind) },
  })),
  ...[32, 63].map((at) => ({
    when: `byte ${at} of what the enclave reports is not zero`,
    bypass: 'the report of the quoting enclave is compared in 32 of 64 bytes' as const,
    overrides: { enclaveReportBeforeSigning: (report: Uint8Array) => void report.fill(1, 320 + at, 321 + at) },
  })),
  {
    when: 'the enclave vouches for the key without the authentication data',
    overrides: {
      ...withStranger,
      enclaveReport: { reportData: concatBytes(sha256(rawPublicKey(stranger.privateKey)), new Uint8Array(32)) },
    },
  },
  {
    when: 'the enclave vouches for other authentication data',
    overrides: {
      ...withStranger,
      authData: utf8('other'),
      enclaveReport: { reportData: concatBytes(bound, new Uint8Array(32)) },
    },
  },
  { when: 'the authentication data is changed in the quote', overrides: { afterSigning: flipped(1220) } },
  { when: 'the enclave vouches for nothing', overrides: { enclaveReport: { reportData: new Uint8Array(64) } } },
])

export const quoteFaults: readonly TdxFault[] = [
  ...faultsOf({ check: 'qe-report-signature', reason: 'qe-report-signature-invalid' }, [
    { when: "the enclave's report is signed by a stranger", overrides: { enclaveReportSigner: () => stranger.privateKey } },
    {
      when: "the enclave's report is signed by the attestation key itself",
      bypass: ownKey,
      overrides: { enclaveReportSigner: (keys) => keys.attestation },
    },
    { when: "the enclave's report is signed by the authority", overrides: { enclaveReportSigner: (keys) => keys.platformCa } },
    { when: "the enclave's CPUSVN is changed in the quote", overrides: { afterSigning: flipped(770) } },
    { when: "the enclave's measurement is changed in the quote", overrides: { afterSigning: flipped(770 + 64) } },
    { when: "a reserved byte of the enclave's report is changed in the quote", overrides: { afterSigning: flipped(770 + 300) } },
    {
      when: "the signature of the enclave's report is zero",
      overrides: { afterSigning: (quote) => quote.slice().fill(0, 1154, 1218) },
    },
  ]),
  ...binding,
  ...faultsOf({ check: 'qe-identity-match', reason: 'qe-identity-mismatch' }, [
    {
      when: 'the quoting enclave is of another signer',
      bypass: 'the QE identity is never verified (CVE-2026-22696)',
      overrides: { enclaveReport: { mrSigner: new Uint8Array(32).fill(1) } },
    },
    { when: 'the quoting enclave is another product of its signer', overrides: { enclaveReport: { isvProdId: 1 } } },
    { when: 'the quoting enclave runs with another MISCSELECT', overrides: { enclaveReport: { miscSelect: 1 } } },
    {
      when: 'the quoting enclave is in debug',
      overrides: { enclaveReport: { attributes: Uint8Array.of(0x17, 0, 0, 0, 0, 0, 0, 0, 0xe7, 0, 0, 0, 0, 0, 0, 0) } },
    },
    {
      when: 'the quoting enclave may not use the provisioning key',
      overrides: { enclaveReport: { attributes: Uint8Array.of(5, 0, 0, 0, 0, 0, 0, 0, 0xe7, 0, 0, 0, 0, 0, 0, 0) } },
    },
    { when: 'the identity is of another signer', overrides: { qeIdentity: (i) => ({ ...i, mrsigner: '11'.repeat(32) }) } },
    {
      when: 'the identity asks for an attribute that the enclave does not have',
      overrides: { qeIdentity: (i) => ({ ...i, attributes: `13${i.attributes.slice(2)}` }) },
    },
  ]),
  ...faultsOf({ check: 'quote-signature', reason: 'quote-signature-invalid' }, [
    ...quoteKinds.flatMap((kind) => [
      {
        when: `a version ${kind.version} quote (TD ${kind.body}) is signed by a stranger`,
        guest: kind,
        overrides: { quoteSigner: () => stranger.privateKey },
      },
      // The last byte that is signed is one of the report data, or of MRSERVICETD.
      {
        when: `the last signed byte of a version ${kind.version} quote (TD ${kind.body}) is changed`,
        guest: kind,
        overrides: { afterSigning: flipped(signatureAt[`${kind.version}/${kind.body}` as keyof typeof signatureAt] - 5) },
      },
      {
        when: `MRTD is changed in a version ${kind.version} quote (TD ${kind.body})`,
        guest: kind,
        overrides: { afterSigning: flipped(kind.version === 4 ? 184 : 190) },
      },
    ]),
    { when: 'user data is changed in the header', overrides: { afterSigning: flipped(28) } },
    { when: 'a reserved byte is changed in the header', overrides: { afterSigning: flipped(8) } },
    { when: 'the signature is zero', overrides: { afterSigning: (quote) => quote.slice().fill(0, 636, 700) } },
    { when: 'the attestation key is no point of the curve', overrides: { attestationKeyPoint: new Uint8Array(64).fill(1) } },
    { when: 'the attestation key is zero', overrides: { attestationKeyPoint: new Uint8Array(64) } },
  ]),
]
