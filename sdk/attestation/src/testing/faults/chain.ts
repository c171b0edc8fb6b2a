import { generateKeyPairSync } from 'node:crypto'
import { type CertificateContent, encodeCertificate } from '../../simulator/certificates.ts'
import { basicConstraints, keyUsage } from '../../simulator/extensions.ts'
import { amdExtension } from '../../simulator/snp/templates.ts'
import { vekOids } from '../../snp/vek-extensions.ts'
import { shiftedBy, strangerP384, strangerRsa, withExtension } from '../certificate-changes.ts'
import { type Fault, ia5 } from './fault.ts'

/** the intermediate as it was, beside the changed one */
const kept: Uint8Array[] = []

export const chainFaults: readonly Fault[] = [
  {
    when: 'a certificate is garbage',
    check: 'certificates',
    reason: 'certificate-malformed',
    overrides: { endorsements: (e) => ({ ...e, certificates: [...e.certificates, Uint8Array.of(0x30, 1, 0)] }) },
  },
  {
    when: 'a byte follows a certificate',
    check: 'certificates',
    reason: 'certificate-malformed',
    overrides: { endorsements: (e) => ({ ...e, certificates: e.certificates.map((c) => Uint8Array.of(...c, 0)) }) },
  },
  {
    when: 'an extension stands twice in a certificate',
    check: 'certificates',
    reason: 'certificate-malformed',
    overrides: { vek: (c) => ({ ...c, extensions: [...c.extensions, amdExtension(vekOids.hwid, new Uint8Array(64))] }) },
  },
  {
    when: 'there are more certificates than any chain has',
    check: 'certificates',
    reason: 'certificate-malformed',
    overrides: { endorsements: (e) => ({ ...e, certificates: Array(17).fill(e.certificates[0]) }) },
  },
  {
    when: 'two intermediates claim one name',
    check: 'certificates',
    reason: 'certificate-malformed',
    overrides: {
      endorsements: (e) => ({ ...e, certificates: [...e.certificates, ...kept.splice(0)] }),
      ca: (c) => {
        kept.push(encodeCertificate(c))
        return { ...c, serial: Uint8Array.of(9) }
      },
    },
  },
  ...['signing key', 'intermediate', 'root'].map((role, index) => ({
    when: `the ${role} has no certificate`,
    check: 'certificates' as const,
    reason: 'certificate-missing' as const,
    overrides: {
      endorsements: (e: { certificates: readonly Uint8Array[]; crls: readonly Uint8Array[] }) => ({
        ...e,
        certificates: e.certificates.toSpliced(index, 1),
      }),
    },
  })),
  {
    when: 'the common name is VCEK and not SEV-VCEK',
    check: 'certificates',
    reason: 'certificate-missing',
    overrides: { vek: (c) => ({ ...c, subject: 'VCEK' }) },
  },
  {
    when: 'the attester sends a whole chain under a root of its own',
    check: 'pinned-root',
    reason: 'root-not-pinned',
    overrides: { ark: (c) => ({ ...c, serial: Uint8Array.of(9) }) },
  },
  {
    when: 'the intermediate names another issuer',
    check: 'chain-names',
    reason: 'chain-names-invalid',
    overrides: { ca: (c) => ({ ...c, issuer: 'ARK-Milan' }) },
  },
  {
    when: 'the signing key names another issuer',
    check: 'chain-names',
    reason: 'chain-names-invalid',
    overrides: { vek: (c) => ({ ...c, issuer: 'SEV-Milan' }) },
  },
  {
    when: 'the signing key is for another product',
    check: 'chain-names',
    reason: 'chain-names-invalid',
    overrides: { vek: withExtension(vekOids.product, ia5('Turin')) },
  },
  {
    when: 'the intermediate is no authority',
    check: 'chain-constraints',
    reason: 'chain-constraints-invalid',
    overrides: { ca: (c) => ({ ...c, extensions: [keyUsage(0x04)] }) },
  },
  {
    when: 'the intermediate may not sign certificates',
    check: 'chain-constraints',
    reason: 'chain-constraints-invalid',
    overrides: { ca: (c) => ({ ...c, extensions: [basicConstraints(), keyUsage(0x02)] }) },
  },
  {
    when: 'the intermediate has no RSA key',
    check: 'chain-constraints',
    reason: 'chain-constraints-invalid',
    overrides: { ca: (c) => ({ ...c, publicKey: strangerP384.publicKey }) },
  },
  {
    when: 'the signing key is an authority',
    check: 'chain-constraints',
    reason: 'chain-constraints-invalid',
    overrides: { vek: (c) => ({ ...c, extensions: [...c.extensions, basicConstraints()] }) },
  },
  {
    when: 'the signing key is on another curve',
    check: 'chain-constraints',
    reason: 'chain-constraints-invalid',
    overrides: { vek: (c) => ({ ...c, publicKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey }) },
  },
  {
    when: 'a critical extension is unknown',
    check: 'chain-constraints',
    reason: 'chain-constraints-invalid',
    overrides: { vek: withExtension('1.2.3.4', Uint8Array.of(5, 0), true) },
  },
  {
    when: 'the intermediate is signed by a stranger',
    check: 'chain-signatures',
    reason: 'chain-signature-invalid',
    overrides: { ca: (c) => ({ ...c, signedBy: { key: strangerRsa.privateKey } }) },
  },
  {
    when: 'the signing key is certified by a stranger',
    check: 'chain-signatures',
    reason: 'chain-signature-invalid',
    overrides: { vek: (c) => ({ ...c, signedBy: { key: strangerRsa.privateKey } }) },
  },
  {
    when: 'the signing key is certified with SHA-256',
    check: 'chain-signatures',
    reason: 'chain-signature-invalid',
    overrides: { vek: (c) => ({ ...c, signedBy: { ...c.signedBy, hash: 'sha256' } }) },
  },
  {
    when: 'the certificate of the signing key says SHA-256 and is signed with SHA-384',
    check: 'chain-signatures',
    reason: 'chain-signature-invalid',
    overrides: { vek: (c) => ({ ...c, signedBy: { ...c.signedBy, declaredHash: 'sha256' } }) },
  },
  {
    when: 'the signing key is certified with a shorter salt',
    check: 'chain-signatures',
    reason: 'chain-signature-invalid',
    overrides: { vek: (c) => ({ ...c, signedBy: { ...c.signedBy, saltLength: 32 } }) },
  },
  ...(['ca', 'vek'] as const).flatMap((role) => [
    {
      when: `the ${role} has expired`,
      check: 'chain-validity' as const,
      reason: 'certificate-expired' as const,
      overrides: {
        [role]: (c: CertificateContent) => ({ ...c, notBefore: shiftedBy(-24), notAfter: shiftedBy(-1) }),
      },
    },
    {
      when: `the ${role} is not yet valid`,
      check: 'chain-validity' as const,
      reason: 'certificate-not-yet-valid' as const,
      overrides: { [role]: (c: CertificateContent) => ({ ...c, notBefore: shiftedBy(24) }) },
    },
  ]),
]
