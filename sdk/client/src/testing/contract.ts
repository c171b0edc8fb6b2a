import { referenceValuesSchema } from '@reinraum/attestation'
import { type Contract, type Identity, type PublicKeys, publicKeysOf } from '@reinraum/statements'

export const now = new Date('2026-06-01T00:00:00.000Z')

/** `air` owns the strikes and runs the key service; `bird` asks, reviews and receives. */
export function contractOf(air: Identity, bird: PublicKeys, keyService: Identity): Contract {
  const executors = referenceValuesSchema.parse({
    snp: { roots: [{ product: 'Genoa', sha256: 'ab'.repeat(32), simulated: true }], measurements: ['cd'.repeat(48)] },
  })
  return {
    kind: 'reinraum/contract/v1',
    name: 'Strikes',
    purpose: 'Tests',
    members: [
      { id: 'air', name: 'Air', roles: ['owner'], keys: publicKeysOf(air) },
      { id: 'bird', name: 'Bird', roles: ['analyst', 'reviewer', 'recipient'], keys: bird },
    ],
    slots: [
      {
        id: 'strikes',
        owner: 'air',
        keyService: 'keys',
        schema: { columns: [{ name: 'operator', type: 'VARCHAR' }] },
        rule: {
          version: 1,
          modes: ['template'],
          privacyUnit: { column: 'operator' },
          columns: { operator: { dimension: true } },
          output: { minimumGroupSize: 5, maxRows: 100 },
          approvals: { by: ['air'], threshold: 'all' },
        },
      },
    ],
    keyServices: [{ id: 'keys', custody: 'owner', operator: 'air', keys: publicKeysOf(keyService) }],
    executors,
    results: { recipients: ['bird'], reviewers: [{ member: 'bird', mode: 'approve' }] },
    validity: { notBefore: '2026-01-01T00:00:00.000Z', notAfter: '2027-01-01T00:00:00.000Z' },
    nonce: 'A'.repeat(43),
  }
}
