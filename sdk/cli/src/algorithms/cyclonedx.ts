import type { AlgorithmUse } from './inventory.ts'

type Primitive = 'signature' | 'hash' | 'kem' | 'ae' | 'pke' | 'kdf' | 'other'

/** A cryptographic bill of materials: CycloneDX 1.6 JSON (ECMA-424), one component a use. */
export function cycloneDx(inventory: readonly AlgorithmUse[], options: { readonly serial: string; readonly now: Date }) {
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${options.serial}`,
    version: 1,
    metadata: {
      timestamp: options.now.toISOString(),
      component: { type: 'application', name: 'reinraum', 'bom-ref': 'reinraum' },
    },
    components: inventory.map((one, index) => ({
      type: 'cryptographic-asset',
      'bom-ref': `algorithm-${index + 1}`,
      name: one.algorithm,
      description: one.use,
      cryptoProperties: propertiesOf(one),
      properties: [
        { name: 'reinraum:specification', value: one.specification },
        { name: 'reinraum:strength', value: one.strength },
        { name: 'reinraum:quantum-safe', value: one.quantumSafe },
        { name: 'reinraum:selectable', value: one.selectable },
        { name: 'reinraum:migration', value: one.migration },
      ],
    })),
  }
}

function propertiesOf({ algorithm, category }: AlgorithmUse) {
  if (algorithm.startsWith('TLSv')) {
    const version = algorithm.slice('TLSv'.length).split(' ')[0]
    return { assetType: 'protocol', protocolProperties: { type: 'tls', version } }
  }
  const algorithmProperties = { primitive: primitiveOf(algorithm), nistQuantumSecurityLevel: category }
  return { assetType: 'algorithm', algorithmProperties }
}

/** CycloneDX has a closed list; a suite is what its outermost part is. */
function primitiveOf(algorithm: string): Primitive {
  if (algorithm.startsWith('RSA-OAEP')) return 'pke'
  if (/HKDF-SHA\d+\/AES/.test(algorithm)) return 'kem'
  if (/^(Ed25519|EdDSA|ECDSA|RSASSA|RSA-PSS)/.test(algorithm)) return 'signature'
  if (algorithm.startsWith('SHA-')) return 'hash'
  if (algorithm.startsWith('HKDF')) return 'kdf'
  return /cobblestone|GCM-SIV|Poly1305|KWP$/.test(algorithm) ? 'ae' : 'other'
}
