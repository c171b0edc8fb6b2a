import { concatBytes, utf8 } from '@reinraum/crypto'
import { fromBER, ObjectIdentifier, type Sequence } from 'asn1js'
import { der, sequence } from '../../simulator/asn1.ts'
import type { CertificateContent } from '../../simulator/certificates.ts'
import { basicConstraints, keyUsage, noAuthority } from '../../simulator/extensions.ts'
import type { TdxCollateral } from '../../simulator/tdx/collateral.ts'
import { sgxExtensionOid } from '../../simulator/tdx/pck-extension.ts'
import { strangerP384, strangerRsa, withExtension } from '../certificate-changes.ts'
import { expired, faultsOf, notYetValid, signedByStranger, stranger, type TdxFault } from './fault.ts'

const chains = ['pck_crl_issuer_chain', 'tcb_info_issuer_chain', 'qe_identity_issuer_chain'] as const
const oids = { basicConstraints: '2.5.29.19', keyUsage: '2.5.29.15' } as const

function onChain(field: (typeof chains)[number], change: (blocks: string[]) => readonly string[]) {
  return (collateral: TdxCollateral) => ({ ...collateral, [field]: change(blocksOf(collateral[field])).join('') })
}

export function blocksOf(pem: string): string[] {
  return pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/g) ?? []
}

const garbage = '-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n'

const presence: readonly TdxFault[] = [
  ...faultsOf({ check: 'certificates', reason: 'certificate-malformed' }, [
    {
      when: 'a certificate in the quote is garbage',
      overrides: { quoteChain: ([, ...rest]) => [Uint8Array.of(0x30, 0), ...rest] },
    },
    {
      when: 'a byte follows a certificate in the quote',
      overrides: { quoteChain: (all) => all.map((der) => Uint8Array.of(...der, 0)) },
    },
    { when: 'the certificates in the quote are no PEM', overrides: { quoteChainPem: (pem) => pem.fill(0x41) } },
    {
      when: 'text stands before the certificates in the quote',
      overrides: { quoteChainPem: (pem) => concatBytes(utf8('x\n'), pem) },
    },
    { when: 'the quote carries a fourth certificate', overrides: { tcbSigning: (c) => c, quoteChain: fourth } },
    {
      when: 'an extension stands twice in the PCK',
      overrides: { pck: (c) => ({ ...c, extensions: [...c.extensions, noAuthority()] }) },
    },
    ...chains.flatMap((field) => [
      {
        when: `${field} holds a certificate that is garbage`,
        overrides: { collateral: onChain(field, ([, root = '']) => [garbage, root]) },
      },
      { when: `${field} is no PEM`, overrides: { collateral: onChain(field, () => ['x']) } },
    ]),
  ]),
  ...faultsOf({ check: 'certificates', reason: 'certificate-malformed' }, [
    { when: 'the PCK says nothing about its platform', overrides: { pck: withExtension(sgxExtensionOid, null) } },
    {
      when: 'what the PCK says about its platform is empty',
      overrides: { pck: withExtension(sgxExtensionOid, Uint8Array.of(0x30, 0)) },
    },
    { when: 'the PCK has a FMSPC of five bytes', overrides: { pckExtension: (p) => ({ ...p, fmspc: new Uint8Array(5) }) } },
    { when: 'the PCK has a PCE id of three bytes', overrides: { pckExtension: (p) => ({ ...p, pceId: new Uint8Array(3) }) } },
    {
      when: 'what the PCK says about its platform has an entry that is unknown',
      overrides: { pck: withEntry(([first]) => entry('1.2.840.113741.1.13.1.8', first)) },
    },
    { when: 'what the PCK says about its platform has an entry twice', overrides: { pck: withEntry((entries) => entries[3]) } },
    { when: 'the PCK has 15 components', overrides: { pckExtension: (p) => ({ ...p, components: p.components.slice(1) }) } },
    {
      when: 'a component of the PCK is larger than a byte',
      overrides: { pckExtension: (p) => ({ ...p, components: p.components.with(0, 256) }) },
    },
    {
      when: 'a component of the PCK is negative',
      overrides: { pckExtension: (p) => ({ ...p, components: p.components.with(0, -1) }) },
    },
  ]),
  ...faultsOf({ check: 'certificates', reason: 'certificate-missing' }, [
    ...['PCK', 'authority', 'root'].map((role, index) => ({
      when: `the quote does not carry the ${role}`,
      overrides: { quoteChain: (all: readonly Uint8Array[]) => all.toSpliced(index, 1) },
    })),
    { when: 'the quote carries no certificates', overrides: { quoteChainPem: () => new Uint8Array() } },
    ...chains.map((field) => ({
      when: `${field} does not go up to the root`,
      overrides: { collateral: onChain(field, ([signer = '']) => [signer]) },
    })),
  ]),
]

/** Another entry in the extension that describes the platform. */
function withEntry(choose: (entries: readonly Sequence[]) => Sequence | undefined) {
  return (content: CertificateContent): CertificateContent => {
    const extension = content.extensions.find(({ oid }) => oid === sgxExtensionOid)
    const whole = fromBER(Uint8Array.from(extension?.value ?? [])).result as Sequence
    const more = choose(whole.valueBlock.value as Sequence[])
    if (more !== undefined) whole.valueBlock.value.push(more)
    return withExtension(sgxExtensionOid, der(whole))(content)
  }
}

function entry(value: string, as: Sequence | undefined): Sequence {
  return sequence(new ObjectIdentifier({ value }), ...(as?.valueBlock.value.slice(1) ?? []))
}

/** PCK, authority, root, and the authority's sibling: the root once more with another serial would be no less wrong. */
function fourth(all: readonly Uint8Array[]): readonly Uint8Array[] {
  const [pck = new Uint8Array()] = all
  // One byte of the signature: another certificate, well-formed.
  return [...all, pck.with(pck.length - 1, (pck.at(-1) ?? 0) ^ 1)]
}

const pins = faultsOf({ check: 'pinned-root', reason: 'root-not-pinned' }, [
  {
    when: 'the attester sends a whole chain under a root of its own',
    bypass: 'the pin is skipped when the attester sends its chain (go-sev-guest 185)',
    overrides: { root: (c) => ({ ...c, serial: Uint8Array.of(9) }) },
  },
  { when: 'the reference values name another root', reference: { roots: [{ sha256: '11'.repeat(32), simulated: true }] } },
  ...chains.map((field) => ({
    when: `${field} ends in another root than the quote does`,
    overrides: {
      collateral: (collateral: TdxCollateral) => {
        const [other = ''] = blocksOf(
          field === 'pck_crl_issuer_chain' ? collateral.tcb_info_issuer_chain : collateral.pck_crl_issuer_chain,
        )
        return onChain(field, ([signer = '']) => [signer, other])(collateral)
      },
    },
  })),
])

const names = faultsOf({ check: 'chain-names', reason: 'chain-names-invalid' }, [
  {
    when: 'the authority names another issuer',
    overrides: { platformCa: (c) => ({ ...c, issuer: 'Intel SGX PCK Platform CA' }) },
  },
  { when: 'the PCK names another issuer', overrides: { pck: (c) => ({ ...c, issuer: 'Intel SGX PCK Processor CA' }) } },
  {
    when: 'the PCK has the name of another certificate',
    overrides: { pck: (c) => ({ ...c, subject: 'Intel SGX TCB Signing' }) },
  },
  {
    when: 'the authority has a name that is none of the two',
    overrides: {
      platformCa: (c) => ({ ...c, subject: 'Intel SGX PCK Platform CA 2' }),
      pck: (c) => ({ ...c, issuer: 'Intel SGX PCK Platform CA 2' }),
    },
  },
  { when: 'the PCK is named as AMD would', overrides: { pck: (c) => ({ ...c, vendor: 'amd' }) } },
])

const constraints = faultsOf({ check: 'chain-constraints', reason: 'chain-constraints-invalid' }, [
  { when: 'the authority does not say that it is one', overrides: { platformCa: withExtension(oids.basicConstraints, null) } },
  {
    when: 'the authority says that it is none',
    overrides: { platformCa: withExtension(oids.basicConstraints, noAuthority().value, true) },
  },
  {
    when: 'the authority may not sign certificates',
    overrides: { platformCa: withExtension(oids.keyUsage, keyUsage(0x02).value, true) },
  },
  { when: 'the authority does not say what its key may do', overrides: { platformCa: withExtension(oids.keyUsage, null) } },
  {
    when: 'the authority has a key on another curve',
    overrides: { platformCa: (c) => ({ ...c, publicKey: strangerP384.publicKey }) },
  },
  { when: 'the authority has an RSA key', overrides: { platformCa: (c) => ({ ...c, publicKey: strangerRsa.publicKey }) } },
  { when: 'the PCK is an authority', overrides: { pck: withExtension(oids.basicConstraints, basicConstraints().value, true) } },
  { when: 'the PCK may sign certificates', overrides: { pck: withExtension(oids.keyUsage, keyUsage(0x84).value, true) } },
  { when: 'the PCK may not sign', overrides: { pck: withExtension(oids.keyUsage, keyUsage(0x40).value, true) } },
  { when: 'the PCK is on another curve', overrides: { pck: (c) => ({ ...c, publicKey: strangerP384.publicKey }) } },
  ...(['platformCa', 'pck'] as const).map((role) => ({
    when: `a critical extension of the ${role} is unknown`,
    overrides: { [role]: withExtension('1.2.3.4', Uint8Array.of(5, 0), true) },
  })),
])

const signatures = faultsOf(
  { check: 'chain-signatures', reason: 'chain-signature-invalid' },
  (['platformCa', 'pck'] as const).flatMap((role) =>
    (
      [
        ['is signed by a stranger', signedByStranger],
        ['is signed by a stranger with RSA', (c) => ({ ...c, signedBy: { key: strangerRsa.privateKey } })],
        ['is signed with SHA-384', (c) => ({ ...c, signedBy: { ...c.signedBy, hash: 'sha384' } })],
        ['says SHA-384 and is signed with SHA-256', (c) => ({ ...c, signedBy: { ...c.signedBy, declaredHash: 'sha384' } })],
        [
          'says SHA-256 and is signed with SHA-384',
          (c) => ({ ...c, signedBy: { ...c.signedBy, hash: 'sha384', declaredHash: 'sha256' } }),
        ],
      ] satisfies [string, (c: CertificateContent) => CertificateContent][]
    ).map(([what, change]) => ({ when: `the ${role} ${what}`, overrides: { [role]: change } })),
  ),
)

const validity: readonly TdxFault[] = (
  ['platformCa', 'pck', 'pckCrlIssuer', 'tcbSigning', 'tcbInfoSigning', 'qeIdentitySigning'] as const
).flatMap((role) => [
  { when: `the ${role} has expired`, check: 'chain-validity', reason: 'certificate-expired', overrides: { [role]: expired } },
  {
    when: `the ${role} is not yet valid`,
    check: 'chain-validity',
    reason: 'certificate-not-yet-valid',
    overrides: { [role]: notYetValid },
  },
])

/** Certified again under the same name and key, so that what stands beside the list is in force and what is in the quote is not. */
const authorityAlone: readonly TdxFault[] = [
  { when: 'the authority has expired in the quote alone', reason: 'certificate-expired' as const, platformCa: expired },
  {
    when: 'the authority is not yet valid in the quote alone',
    reason: 'certificate-not-yet-valid' as const,
    platformCa: notYetValid,
  },
].map(({ when, reason, platformCa }) => ({
  when,
  check: 'chain-validity',
  reason,
  overrides: { platformCa, pckCrlIssuer: (c) => c },
}))

export const chainFaults: readonly TdxFault[] = [
  ...presence,
  ...pins,
  ...names,
  ...constraints,
  ...signatures,
  {
    when: 'the PCK is of a key that a stranger certified under the name of the authority',
    check: 'chain-signatures',
    reason: 'chain-signature-invalid',
    overrides: {
      pck: (c) => ({ ...signedByStranger(c), publicKey: stranger.publicKey }),
      enclaveReportSigner: () => stranger.privateKey,
    },
  },
  ...validity,
  ...authorityAlone,
]
