import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { earAlgorithms } from '@reinraum/attestation'
import { algorithmInventory, cycloneDx } from '@reinraum/cli'
import { hpkeSuites, keyWrapSuite, recordSuites, rsaAesKeyWrap } from '@reinraum/crypto'
import { busGroups } from '@reinraum/kit'
import { tlsInventory } from '@reinraum/rpc'
import { envelopeSuite, requestTokenAlgorithm, statementAlgorithms } from '@reinraum/statements'
import { expect, test } from 'vitest'
import { readPackages, repository } from './packages.ts'

const inventory = algorithmInventory()
const named = inventory.map(({ algorithm }) => algorithm)

/** What runs in a room: no tests, no test support, nothing that plays a vendor's hardware, and no history of a store. */
const sources = readPackages()
  .filter(({ name }) => !['testing', 'e2e', 'proto'].includes(name))
  .flatMap((own) => own.sources.map(({ path }) => path))
  .filter((path) => !/\.(test|bench)\.ts$|\/(testing|test-support|simulator|migrations)\/|\/algorithms\//.test(path))
  .map((path) => readFileSync(join(repository, path), 'utf8'))

/** Names that are imported from a package of algorithms and are none themselves. */
const notAlgorithms = ['CipherSuite']
/** The same algorithm by the names that libraries have for it. */
const aliases: Readonly<Record<string, string>> = {
  'chacha20-poly1305': 'chacha20poly1305',
  'id-aes256-wrap-pad': 'aeskwp',
  rsa: 'RSA',
  secp384r1: 'P-384',
  'ECDSA-P256-SHA256': 'P-256',
}

function importedAlgorithms(): readonly string[] {
  const packages = /^(@noble\/.+|hpke|shamir-secret-sharing)$/
  return sources.flatMap((text) =>
    [...text.matchAll(/^import (?:type )?\{([^}]*)\} from '([^']+)'/gm)]
      .filter(([, , from]) => packages.test(from ?? ''))
      .flatMap(([, names = '']) => names.split(','))
      .map((name) => name.trim().split(' as ')[0] ?? '')
      .filter((name) => name !== '' && !notAlgorithms.includes(name)),
  )
}

function literalAlgorithms(): readonly string[] {
  const families = [
    ...[
      '[Ee]d25519',
      'Ed448',
      'EdDSA',
      'ML-DSA-\\d+',
      'SLH-DSA[\\w-]*',
      '(?:RSA|ECDSA|rsa|ecdsa|aes|AES|A\\d{3}|chacha20|ChaCha20)(?:-[\\w-]+)?',
    ],
    ...[
      '[EPRH]S\\d{3}',
      '[Xx]\\d{3,5}(?:MLKEM\\d+)?',
      '[Ss]ec[Pp][\\w]+',
      'P-\\d{3}',
      '(?:sha|SHA)-?\\d{1,3}',
      'md5',
      'A\\d{3}KWP',
      'des-[\\w-]+',
    ],
  ]
  return sources.flatMap((text) => [...text.matchAll(new RegExp(`'(${families.join('|')})'`, 'g'))].map(([, name = '']) => name))
}

test('every algorithm that the sources import or name is in the inventory, and nothing else is', () => {
  const used = new Set([...importedAlgorithms(), ...literalAlgorithms()].map((name) => aliases[name] ?? name))
  const listed = new Set(inventory.flatMap(({ primitives }) => primitives))
  expect([...used].filter((name) => !listed.has(name)).sort()).toEqual([])
  expect([...listed].filter((name) => !used.has(name)).sort()).toEqual([])
})

test('it names each suite as the code does, and no suite that the code does not know', () => {
  const known = [statementAlgorithms.join(' + '), ...hpkeSuites, ...recordSuites, envelopeSuite, keyWrapSuite, rsaAesKeyWrap]
  for (const suite of known) expect(named).toContain(suite)
  const ofSuites = inventory.filter(({ use }) => /sealed to a party|at rest/.test(use)).map(({ algorithm }) => algorithm)
  expect(ofSuites).toEqual([...hpkeSuites, ...recordSuites])
  expect(named).toContain(`${requestTokenAlgorithm} (Ed25519)`)
  expect(named).toContain(earAlgorithms.join(', '))
  expect(named).toContain(`${tlsInventory.protocol} with ${tlsInventory.groups.join(', ')}`)
  expect(inventory.find(({ use }) => use.includes('NATS'))?.primitives).toEqual([...busGroups])
})

test('only what names a post-quantum part, or is symmetric, is said to be safe', () => {
  for (const { algorithm, quantumSafe, category } of inventory) {
    const hybrid = /ML-DSA|X-Wing|MLKEM/.test(algorithm)
    if (quantumSafe === 'hybrid') expect({ algorithm, hybrid }).toEqual({ algorithm, hybrid: true })
    if (quantumSafe === 'yes') expect(algorithm).not.toMatch(/25519|RSA|ECDSA|ES\d|P-?\d{3}/)
    expect({ algorithm, none: category === 0 }).toEqual({ algorithm, none: quantumSafe === 'no' })
  }
  const classical = inventory.filter(({ use, quantumSafe }) => quantumSafe === 'no' && /key|dataset|result/.test(use))
  expect(classical.map(({ algorithm }) => algorithm)).toContain(rsaAesKeyWrap)
})

test('a bill of materials has what CycloneDX 1.6 requires of cryptographic assets', () => {
  const now = new Date('2026-01-01T00:00:00.000Z')
  const bom = cycloneDx(inventory, { serial: '3e671687-395b-41f5-a30f-a58921a69b79', now })
  expect(bom).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1 })
  expect(bom.serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  expect(bom.components).toHaveLength(inventory.length)
  expect(new Set(bom.components.map((component) => component['bom-ref'])).size).toBe(inventory.length)
  // bom-1.6.schema.json: cryptoProperties.algorithmProperties.primitive
  const primitives =
    'drbg mac block-cipher stream-cipher signature hash pke xof kdf key-agree kem ae combiner other unknown'.split(' ')
  for (const { type, name, cryptoProperties } of bom.components) {
    expect({ type, named: name.length > 0 }).toEqual({ type: 'cryptographic-asset', named: true })
    const { assetType, algorithmProperties, protocolProperties } = cryptoProperties
    expect(['algorithm', 'protocol']).toContain(assetType)
    if (assetType === 'protocol') expect(protocolProperties).toEqual({ type: 'tls', version: '1.3' })
    else {
      expect(primitives).toContain(algorithmProperties?.primitive)
      expect([0, 1, 2, 3, 4, 5]).toContain(algorithmProperties?.nistQuantumSecurityLevel)
    }
  }
})
