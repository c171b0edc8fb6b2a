import { canonicalBytes } from '@reinraum/crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { completeDocument } from '../document.ts'
import type { Contract } from '../kinds/contract.ts'
import { parseStatement } from '../parse-statement.ts'
import type { AnalysisRule } from '../parts/analysis-rule.ts'
import { refusalOf } from '../testing/refusal.ts'
import { contractOf, createParties, type Parties, signAs, signBytes, withRule } from '../testing/room.ts'

let parties: Parties
let contract: Contract
beforeAll(async () => {
  parties = await createParties()
  contract = contractOf(parties)
})

/** Of `strikes`, which bird owns. The contract gives results to analyst and air, after reviewer approved. */
function ruled(rule: Partial<AnalysisRule>, results: Partial<Contract['results']> = {}): Contract {
  const slots = contract.slots.map((slot, i) => (i === 0 ? withRule(slot, rule) : slot))
  return { ...contract, slots, results: { ...contract.results, ...results } }
}
const limited = (results: NonNullable<AnalysisRule['results']>, own: Partial<Contract['results']> = {}) => ruled({ results }, own)
const everyone = ['analyst', 'air', 'bird']

describe('results of a contract are no looser than a rule of its slots', () => {
  test.each<[string, () => Contract]>([
    ['the same recipients', () => limited({ recipients: ['air', 'analyst'] })],
    ['fewer recipients', () => limited({ recipients: everyone })],
    ['a reviewer more', () => limited({ recipients: everyone, reviewers: [] })],
    ['the reviewer asked for', () => limited({ recipients: everyone, reviewers: [{ member: 'reviewer', mode: 'approve' }] })],
    [
      'a recipient who reads first',
      () => limited({ recipients: everyone }, { reviewers: [{ member: 'bird', mode: 'inspect' }] }),
    ],
    [
      'a reviewer who reads, as asked for',
      () =>
        limited(
          { recipients: everyone, reviewers: [{ member: 'officer', mode: 'inspect' }] },
          { reviewers: [{ member: 'officer', mode: 'inspect' }] },
        ),
    ],
  ])('%s is fine', (_, made) => {
    expect(completeDocument(made())).toEqual(made())
  })

  test.each<[string, () => Contract, string]>([
    ['one more recipient', () => limited({ recipients: ['analyst'] }), 'air may not receive results; take it out of recipients'],
    [
      'a reader whom the rule does not name',
      () => limited({ recipients: everyone }, { reviewers: [{ member: 'officer', mode: 'inspect' }] }),
      'officer may not read results; write mode: approve',
    ],
    [
      'a reviewer less',
      () => limited({ recipients: everyone, reviewers: [{ member: 'officer', mode: 'approve' }] }),
      'officer must review results; add it to reviewers',
    ],
    [
      'a reviewer who does not look',
      () => limited({ recipients: everyone, reviewers: [{ member: 'reviewer', mode: 'inspect' }] }),
      'reviewer must read results first; write mode: inspect',
    ],
  ])('%s is refused', (_, made, fault) => {
    expect(() => completeDocument(made())).toThrow(`results is looser than the rule of slot strikes: ${fault}`)
  })

  test('nobody outside the contract is named', async () => {
    const stranger = limited({ recipients: [...everyone, 'stranger'] })
    expect(await refusalOf(() => completeDocument(stranger))).toBe('unknown-member')
  })
})

describe('partners of a join', () => {
  test('are owners of other slots', async () => {
    const joinedWith = (member: string) => ruled({ join: { condition: 'any', with: [member] } })
    expect(completeDocument(joinedWith('air'))).toBeDefined()
    expect(await refusalOf(() => completeDocument(joinedWith('stranger')))).toBe('unknown-member')
    // bird owns strikes alone, the analyst nothing
    for (const member of ['bird', 'analyst']) {
      expect(() => completeDocument(joinedWith(member))).toThrow(`asks for a join with ${member}, who owns no other slot`)
    }
  })
})

describe('what a rule leaves out', () => {
  const left = () => {
    const [first, ...slots] = contract.slots
    if (first === undefined) throw new Error('no slot')
    return { ...contract, slots: [{ ...first, rule: { ...first.rule, output: { maxRows: 9 } } }, ...slots] }
  }

  test('is filled in before the contract is signed, and by no reader of it', async () => {
    const signed = parseStatement(await signAs(parties, 'bird', left())).document as Contract
    expect(signed.slots[0]?.rule.output).toEqual({ minimumGroupSize: 20, maxRows: 9 })
    const bytes = await signBytes(parties, 'bird', canonicalBytes(left()))
    expect(await refusalOf(() => parseStatement(bytes))).toBe('invalid-statement')
  })
})

test('a contract with a faulty rule says where, and what to write', () => {
  expect(() => completeDocument(ruled({ columns: { state: { aggregate: ['avg'] } } }))).toThrow(
    'reinraum/contract/v1 is not well formed: slots[0].rule.columns.state.bounds: avg needs bounds; add bounds: [low, high]',
  )
  expect(() => completeDocument(ruled({ columns: { state: { aggregate: ['median'] } } }))).toThrow(
    'the rule of slot strikes: columns.state.aggregate: median of VARCHAR is not possible; write count or count_distinct',
  )
})
