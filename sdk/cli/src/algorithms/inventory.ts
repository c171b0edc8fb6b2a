import { earAlgorithms } from '@reinraum/attestation'
import {
  defaultHpkeSuite,
  defaultRecordSuite,
  type HpkeSuite,
  hpkeSuites,
  keyWrapSuite,
  type RecordSuite,
  recordSuites,
  rsaAesKeyWrap,
} from '@reinraum/crypto'
import { tlsInventory } from '@reinraum/rpc'
import { envelopeSuite, requestTokenAlgorithm, statementAlgorithms } from '@reinraum/statements'

/** One algorithm, or several that act together, in one use. */
export interface AlgorithmUse {
  readonly use: string
  readonly algorithm: string
  readonly specification: string
  /** category of NIST IR 8547 (1 to 5), and bits against a classical attacker */
  readonly strength: string
  readonly category: 0 | 1 | 2 | 3 | 4 | 5
  /** `hybrid`: holds while either of a classical and a post-quantum part does */
  readonly quantumSafe: 'yes' | 'no' | 'hybrid'
  /** who chooses it and where, or why nobody does */
  readonly selectable: string
  /** how one leaves it */
  readonly migration: string
  /** what it is built of, by the names in the sources' imports and literals */
  readonly primitives: readonly string[]
}

const hpke: Readonly<Record<HpkeSuite, Pick<AlgorithmUse, 'specification' | 'strength' | 'category' | 'primitives'>>> = {
  'X-Wing/HKDF-SHA256/AES-256-GCM': {
    specification: 'RFC 9180, draft-connolly-cfrg-xwing-kem',
    strength: 'category 3, 128 bits classical',
    category: 3,
    primitives: ['KEM_MLKEM768_X25519', 'KDF_HKDF_SHA256', 'AEAD_AES_256_GCM'],
  },
  'MLKEM1024-P384/HKDF-SHA384/AES-256-GCM': {
    specification: 'RFC 9180, draft-irtf-cfrg-concrete-hybrid-kems',
    strength: 'category 5, 192 bits classical',
    category: 5,
    primitives: ['KEM_MLKEM1024_P384', 'KDF_HKDF_SHA384', 'AEAD_AES_256_GCM'],
  },
}

const records: Readonly<Record<RecordSuite, Pick<AlgorithmUse, 'specification' | 'primitives'>>> = {
  A256KWP: { specification: 'RFC 5649, with the SHA-256 of the place inside', primitives: ['aeskwp', 'A256KWP', 'sha256'] },
  'ChaCha20-Poly1305': { specification: 'RFC 8439', primitives: ['chacha20poly1305', 'ChaCha20-Poly1305'] },
}

const symmetric = { strength: 'category 5, 256 bits classical', category: 5, quantumSafe: 'yes' } as const

/** Every algorithm in use, and where. Names of suites are the constants that the code itself goes by. */
export function algorithmInventory(): readonly AlgorithmUse[] {
  return [...signatures(), ...sealing(), ...atRest(), ...transport(), ...fromOthers()]
}

function signatures(): readonly AlgorithmUse[] {
  return [
    {
      use: 'statements: contracts, approvals, runs, releases, receipts',
      algorithm: statementAlgorithms.join(' + '),
      specification: 'RFC 8032, FIPS 204, RFC 9864',
      strength: 'category 3, 128 bits classical',
      category: 3,
      quantumSafe: 'hybrid',
      selectable: 'no: every statement carries both, and both must verify',
      migration: 'a new version of the kinds of statements, signed anew',
      primitives: [...statementAlgorithms, 'ed25519'],
    },
    {
      use: 'ids of statements and objects, fingerprints',
      algorithm: 'SHA-256',
      specification: 'FIPS 180-4, RFC 8785',
      strength: 'category 2, 128 bits classical against collisions',
      category: 2,
      quantumSafe: 'yes',
      selectable: 'no',
      migration: 'ids name their hash: another prefix',
      primitives: ['sha256', 'SHA-256'],
    },
    {
      use: 'request tokens, each good for a minute',
      algorithm: `${requestTokenAlgorithm} (Ed25519)`,
      specification: 'RFC 8037, RFC 8032',
      strength: '128 bits classical',
      category: 0,
      quantumSafe: 'no',
      selectable: 'no: forging one later is of no use',
      migration: 'a new type of token',
      primitives: [requestTokenAlgorithm],
    },
  ]
}

function sealing(): readonly AlgorithmUse[] {
  return [
    ...hpkeSuites.map((suite) => ({
      use: 'keys, shares and results sealed to a party',
      algorithm: suite,
      ...hpke[suite],
      quantumSafe: 'hybrid' as const,
      selectable: `${suite === defaultHpkeSuite ? 'default' : 'yes'}: identity create --suite, identitySuite of a key service, releaseSuite of a contract`,
      migration: 'a new identity in the other suite and a contract that names it; unseal shares: keys reshare',
    })),
    {
      use: 'import of keys from HSMs that have nothing else',
      algorithm: rsaAesKeyWrap,
      specification: 'RFC 8017, RFC 5649, PKCS #11 CKM_RSA_AES_KEY_WRAP',
      strength: '140 bits classical',
      category: 0,
      quantumSafe: 'no',
      selectable: 'by the owner: keys import instead of dataset seal alone, which uses HPKE',
      migration: 'seal the next dataset version without an HSM, or with one that has HPKE',
      primitives: ['RSA-OAEP', 'aeskwp'],
    },
    {
      use: 'datasets and results',
      algorithm: envelopeSuite,
      specification: 'c2sp.org/chunked-encryption: HKDF with SHA-512, AES-256-GCM in chunks of 16 KiB, key commitment',
      ...symmetric,
      selectable: 'no',
      migration: 'a new dataset version; manifests name their envelope',
      primitives: ['gcm', 'aes-256-gcm', 'hmac', 'sha512'],
    },
    {
      use: "a manifest's commitment to its key",
      algorithm: 'HKDF-Expand-SHA512',
      specification: 'RFC 5869',
      ...symmetric,
      selectable: 'no',
      migration: 'a new version of the kind of statement',
      primitives: ['hmac', 'sha512'],
    },
    {
      use: 'keys in shares: threshold custody, unseal shares',
      algorithm: 'Shamir over GF(2^8)',
      specification: 'Shamir 1979; wrong shares are found by the key check',
      strength: 'information-theoretic',
      category: 5,
      quantumSafe: 'yes',
      selectable: 'threshold and holders: the contract, the root key of a key service',
      migration: 'a new dataset version; unseal shares: keys reshare',
      primitives: ['split', 'combine'],
    },
  ]
}

function atRest(): readonly AlgorithmUse[] {
  return [
    {
      use: 'keys wrapped under the root key, in the process or in a PKCS#11 token',
      algorithm: keyWrapSuite,
      specification: 'RFC 5649, NIST SP 800-38F',
      ...symmetric,
      selectable: 'no',
      migration: 'keys reshare wraps everything under another root key',
      primitives: ['aeskwp', keyWrapSuite],
    },
    ...recordSuites.map((suite) => ({
      use: 'data keys and identities of a key service at rest',
      algorithm: suite,
      specification: records[suite].specification,
      ...symmetric,
      selectable: suite === defaultRecordSuite ? 'default' : 'keys rewrap --suite',
      migration: 'keys rewrap --suite',
      primitives: records[suite].primitives,
    })),
  ]
}

function transport(): readonly AlgorithmUse[] {
  const { protocol, groups, certificateSignatures, postQuantumCertificates, postQuantumKeyAgreement } = tlsInventory
  return [
    {
      use: 'connections between parties and services',
      algorithm: `${protocol} with ${groups.join(', ')}`,
      specification: 'RFC 8446, draft-ietf-tls-ecdhe-mlkem',
      strength: 'category 3, 128 bits classical',
      category: 3,
      quantumSafe: postQuantumKeyAgreement ? 'hybrid' : 'no',
      selectable: 'no: a peer without one of them is refused',
      migration: 'the list of groups, in each process at its next start',
      primitives: groups,
    },
    {
      use: 'connections to NATS: events and references, no key and no row',
      algorithm: `${protocol} with X25519MLKEM768 or, where nats-server knows no hybrid, X25519`,
      specification: 'RFC 8446, draft-ietf-tls-ecdhe-mlkem',
      strength: '128 bits classical',
      category: 0,
      quantumSafe: 'no',
      selectable: 'by nats-server',
      migration: 'a nats-server that offers the hybrid',
      primitives: ['X25519MLKEM768', 'X25519'],
    },
    {
      use: 'certificates of services, and of workloads where their authority has such a key',
      algorithm: certificateSignatures.join(', '),
      specification: 'RFC 5280, FIPS 186-5',
      strength: '128 bits classical',
      category: 0,
      quantumSafe: postQuantumCertificates ? 'yes' : 'no',
      selectable: "by the operator's own authority",
      migration: 'an authority with another key; every service trusts the ones it is given',
      primitives: ['P-256', 'sha256'],
    },
    {
      use: 'short-lived identities of attested workloads: they open channels, never keys',
      algorithm: 'Ed25519 (X.509)',
      specification: 'RFC 8410, RFC 5280',
      strength: '128 bits classical',
      category: 0,
      quantumSafe: 'no',
      selectable: 'no',
      migration: 'at most one hour old: the next one that is issued',
      primitives: ['ed25519'],
    },
  ]
}

function fromOthers(): readonly AlgorithmUse[] {
  const vendor = {
    category: 0,
    quantumSafe: 'no',
    selectable: "no: the hardware's vendor chose it",
    migration: 'hardware that signs otherwise',
  } as const
  return [
    {
      use: 'evidence of AMD SEV-SNP',
      algorithm: 'ECDSA-P384-SHA384, RSA-PSS-SHA384 (certificates)',
      specification: 'AMD 56860, AMD 57230',
      strength: '150 bits classical',
      ...vendor,
      primitives: ['P-384', 'sha384', 'RSA', 'rsa-pss-sha384'],
    },
    {
      use: 'evidence and collateral of Intel TDX',
      algorithm: 'ECDSA-P256-SHA256',
      specification: 'Intel DCAP quote format 4 and 5',
      strength: '128 bits classical',
      ...vendor,
      primitives: ['P-256', 'sha256', 'ecdsa-p256-sha256'],
    },
    {
      use: "quotes of Azure's vTPM, bound by the hardware's evidence",
      algorithm: 'RSASSA-PKCS1-v1_5-SHA256',
      specification: 'TPM 2.0 Part 1, RFC 8017',
      strength: '112 bits classical',
      ...vendor,
      primitives: ['RSA', 'sha256'],
    },
    {
      use: 'attestation results that others sign (EAR)',
      algorithm: earAlgorithms.join(', '),
      specification: 'RFC 9711, RFC 9864, RFC 7518',
      strength: 'that of the weakest that a verifier uses: 128 bits classical',
      category: 0,
      quantumSafe: 'no',
      selectable: 'by the verifier, in this list; ML-DSA-65 is category 3',
      migration: 'a verifier that signs with ML-DSA-65',
      primitives: earAlgorithms,
    },
  ]
}
