import { concatBytes } from '@reinraum/crypto'
import { bodyTypes } from '../../tdx/layout.ts'
import { faultsOf, quoteKinds, type TdxFault } from './fault.ts'

/** Where things are in a version 4 quote, written down a second time. */
const at = {
  signatureLength: 632,
  certificationType: 764,
  certificationLength: 766,
  authLength: 1218,
  chainType: 1252,
  chainLength: 1254,
}

/** @param bytes how many of the number, little endian */
function added(offset: number, difference: number, bytes: 2 | 4 = 4) {
  return (quote: Uint8Array) => {
    const changed = Uint8Array.from(quote)
    const view = new DataView(changed.buffer)
    if (bytes === 2) view.setUint16(offset, view.getUint16(offset, true) + difference, true)
    else view.setUint32(offset, view.getUint32(offset, true) + difference, true)
    return changed
  }
}

const malformed = faultsOf({ check: 'structure', reason: 'malformed-evidence' }, [
  ...[0, 47, 48, 631, 635, 700, 769, 1217, 1253, 1300].map((length) => ({
    when: `the quote ends after ${length} bytes`,
    overrides: { afterSigning: (quote: Uint8Array) => quote.slice(0, length) },
  })),
  { when: 'the last byte is missing', overrides: { afterSigning: (quote) => quote.slice(0, -1) } },
  { when: 'the quote is longer than any', overrides: { afterSigning: (quote) => concatBytes(quote, new Uint8Array(64 * 1024)) } },
  ...(
    [
      ['the signature data is longer than what is there', at.signatureLength, 1],
      ['the signature data is shorter than what it says', at.signatureLength, -1],
      ['the signature data has no length', at.signatureLength, -(2 ** 31)],
      ['the certification data is longer than the signature data', at.certificationLength, 1],
      ['the certification data ends before the signature data', at.certificationLength, -1],
      ['the certificates go on after the certification data', at.chainLength, 1],
      ['something follows the certificates', at.chainLength, -1],
    ] as const
  ).map(([when, offset, difference]) => ({ when, overrides: { afterSigning: added(offset, difference) } })),
  ...(
    [
      ['the authentication data is longer than everything', at.authLength, 0x7fff],
      ['the authentication data ends early', at.authLength, -1],
      ['the attestation key is certified by a PCK chain alone', at.certificationType, -1],
      ['the platform is named by its PPID, encrypted, in place of its certificates', at.chainType, -2],
    ] as const
  ).map(([when, offset, difference]) => ({ when, overrides: { afterSigning: added(offset, difference, 2) } })),
  {
    when: 'something follows the certification data',
    overrides: { afterSigning: (quote) => concatBytes(added(at.signatureLength, 1)(quote), Uint8Array.of(0)) },
  },
  {
    when: 'a version 5 quote says that its body is shorter than it is',
    guest: { version: 5 },
    overrides: { bodyDescriptor: { size: 584 } },
  },
  {
    when: 'a version 5 quote calls the body of TD 1.5 one of TD 1.0',
    guest: { version: 5 },
    overrides: { bodyDescriptor: { type: bodyTypes.td10 } },
  },
  {
    when: 'a version 5 quote calls the body of TD 1.0 one of TD 1.5',
    guest: { version: 5, body: '1.0' },
    overrides: { bodyDescriptor: { type: bodyTypes.td15 } },
  },
])

export const structureFaults: readonly TdxFault[] = [
  ...malformed,
  ...faultsOf(
    { check: 'quote-version', reason: 'version-not-allowed' },
    [0, 3, 6, 0xffff].map((version) => ({ when: `the version is ${version}`, overrides: { header: { version } } })),
  ),
  ...faultsOf(
    { check: 'key-type', reason: 'signature-algorithm-unsupported' },
    [0, 1, 3].map((keyType) => ({ when: `the attestation key is of type ${keyType}`, overrides: { header: { keyType } } })),
  ),
  ...faultsOf({ check: 'tee-type', reason: 'tee-type-mismatch' }, [
    { when: 'the quote is of an SGX enclave', overrides: { header: { teeType: 0 } } },
    { when: 'the TEE type has a byte more', overrides: { header: { teeType: 0x100_0081 } } },
    ...[0, 1, 4].map((type) => ({
      when: `the body of a version 5 quote is of type ${type}, which is no TD`,
      guest: { version: 5 as const },
      overrides: { bodyDescriptor: { type } },
    })),
  ]),
  ...faultsOf(
    { check: 'qe-vendor', reason: 'qe-vendor-unknown' },
    quoteKinds.map((guest) => ({
      when: `a version ${guest.version} quote (TD ${guest.body}) is from the enclave of another vendor`,
      bypass: 'the vendor id is not compared (dcap-qvl 127)' as const,
      guest,
      overrides: { header: { qeVendorId: new Uint8Array(16).fill(0x93) } },
    })),
  ),
  ...faultsOf(
    { check: 'trailing-bytes', reason: 'trailing-bytes-not-zero' },
    quoteKinds.map((guest) => ({
      when: `something follows a version ${guest.version} quote (TD ${guest.body})`,
      guest,
      overrides: { afterSigning: (quote: Uint8Array) => concatBytes(quote, Uint8Array.of(0, 0, 1)) },
    })),
  ),
]
