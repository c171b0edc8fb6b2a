import { referenceValuesSchema, type SnpPolicy } from '@reinraum/attestation'
import {
  type Contract,
  createIdentity,
  publicKeysOf,
  signerOf,
  signStatement,
  thumbprint,
  verifyContract,
} from '@reinraum/statements'
import { expect, it } from 'vitest'
import { contractText } from './contract-text.ts'

const [air, keys] = await Promise.all([createIdentity(), createIdentity()])
const platform = (measurement: string, policy: Partial<SnpPolicy> = {}) =>
  referenceValuesSchema.parse({
    snp: {
      roots: [{ product: 'Genoa', sha256: 'ab'.repeat(32), simulated: true }],
      measurements: [measurement.repeat(48)],
      policy,
    },
  })

async function shown(change: (contract: Contract) => Contract = (contract) => contract): Promise<string> {
  const contract = change({
    kind: 'reinraum/contract/v1',
    name: 'Strikes',
    purpose: 'Tests',
    members: [{ id: 'air', name: 'Air', roles: ['owner', 'analyst', 'recipient'], keys: publicKeysOf(air) }],
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
    keyServices: [{ id: 'keys', custody: 'attested', keys: publicKeysOf(keys), referenceValues: platform('aa') }],
    executors: platform('bb'),
    results: { recipients: ['air'], reviewers: [{ member: 'air', mode: 'inspect' }] },
    validity: { notBefore: '2026-01-01T00:00:00.000Z', notAfter: '2027-01-01T00:00:00.000Z' },
    nonce: 'A'.repeat(43),
  })
  const bytes = await signStatement(contract, signerOf(air))
  return contractText(await verifyContract(bytes, { now: new Date('2026-06-01T00:00:00.000Z') }))
}

it('whoever signs sees which code on which hardware gets the keys and the data', async () => {
  const text = await shown()
  expect(text).toContain(`thumbprint ${await thumbprint(publicKeysOf(air).signing.ed25519)}`)
  expect(text.match(/measurement (aa|bb)+$/gm)).toHaveLength(2)
  expect(text.match(/SIMULATED hardware accepted/g)).toHaveLength(2)
  expect(text).not.toContain('NOT THE DEFAULT')
})

it('a check of the evidence that the contract gives up is pointed out', async () => {
  const text = await shown((contract) => ({ ...contract, executors: platform('bb', { allowDebug: true }) }))
  expect(text).toContain('NOT THE DEFAULT: allowDebug true')
})

it('what may be learned from a dataset is said, and when nobody is asked', async () => {
  const text = await shown()
  for (const said of [
    'queries that air approved',
    'at least 5 different operator in each row',
    'operator {"dimension":true}',
    'air (reads it)',
  ]) {
    expect(text).toContain(said)
  }
  const open = await shown(({ slots, ...contract }) => ({
    ...contract,
    slots: slots.map((slot) => ({ ...slot, rule: { ...slot.rule, modes: ['template', 'aggregation'] } })),
  }))
  expect(open).toContain('any query that the guard allows, WITHOUT approval')
})

it('the further parts of a rule are said as the contract has them', async () => {
  const text = await shown(({ slots, ...contract }) => ({
    ...contract,
    slots: slots.map((slot) => ({
      ...slot,
      rule: {
        ...slot.rule,
        modes: ['overlap'],
        privacyUnit: { column: 'operator', maxRowsPerUnit: 3 },
        columns: { operator: { dimension: true, join: true } },
        output: { ...slot.rule.output, rounding: 5 },
        accessBudget: [{ period: 'day', max: 7 }],
      },
    })),
  }))
  for (const said of [
    "ROWS that join with the analyst's own dataset",
    'perUnit {"maxRowsPerUnit":3}',
    'output {"rounding":5}',
    'accessBudget [{"max":7,"period":"day"}]',
  ]) {
    expect(text).toContain(said)
  }
})

it('a column cannot be named so that it reads like another property', async () => {
  const name = 'operator\nexecutors  hardware only'
  const text = await shown(({ slots, ...contract }) => ({
    ...contract,
    slots: slots.map((slot) => ({
      ...slot,
      schema: { columns: [{ name, type: 'VARCHAR' as const }] },
      rule: { ...slot.rule, privacyUnit: { column: name }, columns: { [name]: { dimension: true } } },
    })),
  }))
  expect(text).not.toMatch(/^ *executors {2}hardware only/m)
})
