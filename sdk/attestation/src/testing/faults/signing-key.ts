import { offsets } from '../../snp/layout.ts'
import { vekOids } from '../../snp/vek-extensions.ts'
import { strangerP384, withExtension } from '../certificate-changes.ts'
import { asVlek, type Fault, ia5, provider } from './fault.ts'

export const signingKeyFaults: readonly Fault[] = [
  ...[
    { keyInfo: 1 << 2, names: 'a VLEK, the certificate is a VCEK' },
    { keyInfo: 7 << 2, names: 'no key' },
    { keyInfo: 2 << 2, names: 'a kind that does not exist' },
  ].map(({ keyInfo, names }) => ({
    when: `the report names ${names}`,
    check: 'signing-key' as const,
    reason: 'signing-key-mismatch' as const,
    overrides: { report: { keyInfo } },
  })),
  {
    when: 'a VLEK signs what the report calls the work of a VCEK',
    check: 'signing-key',
    reason: 'signing-key-mismatch',
    overrides: asVlek(provider, 0),
    reference: { policy: { cspIds: [provider] } },
  },
  {
    when: 'a VCEK belongs to a provider',
    check: 'signing-key',
    reason: 'signing-key-mismatch',
    overrides: { vek: withExtension(vekOids.cspId, ia5(provider)) },
  },
  {
    when: 'a VCEK belongs to no chip',
    check: 'signing-key',
    reason: 'signing-key-mismatch',
    overrides: { vek: withExtension(vekOids.hwid, null) },
  },
  {
    when: 'a VLEK belongs to no provider',
    check: 'signing-key',
    reason: 'signing-key-mismatch',
    overrides: asVlek(null),
    reference: { policy: { cspIds: [provider] } },
  },
  {
    when: 'a VLEK belongs to a chip too',
    check: 'signing-key',
    reason: 'signing-key-mismatch',
    overrides: {
      ...asVlek(provider),
      vek: (c) => withExtension(vekOids.hwid, new Uint8Array(64).fill(7))(asVlek(provider).vek?.(c) ?? c),
    },
    reference: { policy: { cspIds: [provider] } },
  },
  {
    when: 'a VLEK belongs to a provider that the reference values do not name',
    check: 'signing-key',
    reason: 'csp-not-allowed',
    overrides: asVlek(provider),
    reference: { policy: { cspIds: ['CN=another'] } },
  },
  {
    when: 'the report is of another chip',
    check: 'chip-id',
    reason: 'chip-id-mismatch',
    overrides: { report: { chipId: new Uint8Array(64).fill(7) } },
  },
  {
    when: 'the chip id of the certificate is a byte short',
    check: 'chip-id',
    reason: 'chip-id-mismatch',
    overrides: { vek: (c) => withExtension(vekOids.hwid, new Uint8Array(63).fill(7))(c) },
  },
  {
    when: 'the chip id of the certificate is wrapped in something that is no OCTET STRING',
    check: 'chip-id',
    reason: 'chip-id-mismatch',
    overrides: {
      vek: (c) => {
        const chip = c.extensions.find((extension) => extension.oid === vekOids.hwid)?.value ?? new Uint8Array(64)
        return withExtension(vekOids.hwid, Uint8Array.of(0x30, 64, ...chip))(c)
      },
    },
  },
  {
    when: 'the chip id is masked',
    check: 'chip-id',
    reason: 'chip-id-masked',
    overrides: { report: { chipId: new Uint8Array(64) } },
  },
  {
    when: 'a bit of the report changed after it was signed',
    check: 'report-signature',
    reason: 'report-signature-invalid',
    overrides: { afterSigning: (report) => void report.fill(1, offsets.hostData, offsets.hostData + 1) },
  },
  {
    when: 'another key signed the report',
    check: 'report-signature',
    reason: 'report-signature-invalid',
    overrides: { vek: (c) => ({ ...c, publicKey: strangerP384.publicKey }) },
  },
  {
    when: 'the signature is zero',
    check: 'report-signature',
    reason: 'report-signature-invalid',
    overrides: { afterSigning: (report) => void report.fill(0, offsets.signatureR) },
  },
]
