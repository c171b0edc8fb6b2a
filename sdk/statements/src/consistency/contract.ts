import { ReinraumError } from '@reinraum/crypto'
import { keyCustodyOf } from '../key-custody.ts'
import type { Contract, Slot } from '../kinds/contract.ts'
import { ruleFaults } from './rule.ts'

/**
 * A contract's references lead somewhere: owners, approvers, operators, recipients and reviewers are members, key
 * services exist, names and keys are unique. Throws `invalid-statement`, `unknown-member` or `role-missing`.
 */
export function assertContractConsistent(contract: Contract): void {
  assertUnique(
    'member id',
    contract.members.map((m) => m.id),
  )
  assertUnique(
    'slot id',
    contract.slots.map((s) => s.id),
  )
  assertUnique(
    'key service id',
    contract.keyServices.map((k) => k.id),
  )
  assertUnique('recipient', contract.results.recipients)
  assertUnique(
    'reviewer',
    contract.results.reviewers.map((r) => r.member),
  )
  for (const member of contract.members) assertUnique(`role of ${member.id}`, member.roles)

  // One key, one party: otherwise a signature or an opened box would not say whose it is.
  const keys = [...contract.members, ...contract.keyServices].map((party) => party.keys)
  assertUnique(
    'Ed25519 key',
    keys.map((k) => k.signing.ed25519.x),
  )
  assertUnique(
    'ML-DSA-65 key',
    keys.map((k) => k.signing.mldsa65.pub),
  )
  assertUnique(
    'HPKE key',
    keys.map((k) => k.hpke.publicKey),
  )

  for (const service of contract.keyServices) {
    if (service.custody === 'owner') assertOwner(contract, service.operator, `operates key service ${service.id}`)
  }
  for (const slot of contract.slots) assertSlotConsistent(contract, slot)
  for (const recipient of contract.results.recipients) assertMember(contract, recipient, 'receives results')
  for (const reviewer of contract.results.reviewers) assertMember(contract, reviewer.member, 'reviews results')
}

function assertSlotConsistent(contract: Contract, slot: Slot): void {
  assertOwner(contract, slot.owner, `owns slot ${slot.id}`)
  assertCustodyConsistent(contract, slot)
  const { by, threshold } = slot.rule.approvals
  assertUnique(`approver of ${slot.id}`, by)
  for (const approver of by) assertMember(contract, approver, `approves queries on ${slot.id}`)
  if (threshold !== 'all' && threshold > by.length) {
    throw new ReinraumError('invalid-statement', `slot ${slot.id} asks for more approvals than it has approvers`)
  }
  const [fault] = ruleFaults(slot.rule, slot.schema)
  if (fault !== undefined) throw new ReinraumError('invalid-statement', `the rule of slot ${slot.id}: ${fault}`)
  assertRulePartners(contract, slot)
  assertResultsAsStrict(contract, slot)
}

/** Whoever a dataset must be joined with can be joined with. */
function assertRulePartners(contract: Contract, slot: Slot): void {
  for (const member of slot.rule.join?.with ?? []) {
    assertMember(contract, member, `is joined with by the rule of slot ${slot.id}`)
    if (contract.slots.some((other) => other.owner === member && other.id !== slot.id)) continue
    throw new ReinraumError(
      'invalid-statement',
      `the rule of slot ${slot.id} asks for a join with ${member}, who owns no other slot`,
    )
  }
}

/**
 * The contract's results are no looser than the rule's: whoever gets or reads a result of the contract may do so with this
 * slot's, and whoever must look at it first does. So nobody beside the contract has to know the rules of a run's slots.
 */
function assertResultsAsStrict({ results, members }: Contract, { id, rule }: Slot): void {
  if (rule.results === undefined) return
  const { recipients, reviewers = [] } = rule.results
  for (const member of [...recipients, ...reviewers.map((r) => r.member)]) {
    if (members.some((m) => m.id === member)) continue
    throw new ReinraumError('unknown-member', `${member} is named in the results of the rule of slot ${id} but is no member`)
  }
  const looser = (what: string) =>
    new ReinraumError('invalid-statement', `results is looser than the rule of slot ${id}: ${what}`)
  const mayRead = [...recipients, ...reviewers.filter((r) => r.mode === 'inspect').map((r) => r.member)]
  for (const recipient of results.recipients) {
    if (!recipients.includes(recipient)) throw looser(`${recipient} may not receive results; take it out of recipients`)
  }
  for (const { member, mode } of results.reviewers) {
    if (mode === 'inspect' && !mayRead.includes(member)) throw looser(`${member} may not read results; write mode: approve`)
  }
  for (const { member, mode } of reviewers) {
    const given = results.reviewers.find((r) => r.member === member)
    if (given === undefined) throw looser(`${member} must review results; add it to reviewers`)
    if (mode === 'inspect' && given.mode !== 'inspect') throw looser(`${member} must read results first; write mode: inspect`)
  }
}

function assertCustodyConsistent(contract: Contract, slot: Slot): void {
  const { services } = keyCustodyOf(slot)
  const known = contract.keyServices.filter(({ id }) => services.includes(id))
  if (known.length !== services.length) {
    throw new ReinraumError(
      'invalid-statement',
      `slot ${slot.id} names a key service that the contract does not hold, or one of them twice`,
    )
  }
  // A threshold that one organisation reaches alone is none.
  assertUnique(
    `operator of the key services of ${slot.id}`,
    known.flatMap((service) => (service.custody === 'owner' ? [service.operator] : [])),
  )
}

function assertOwner(contract: Contract, id: string, deed: string): void {
  assertMember(contract, id, deed)
  if (!contract.members.some((m) => m.id === id && m.roles.includes('owner'))) {
    throw new ReinraumError('role-missing', `${id} ${deed} without the role owner`)
  }
}

function assertMember(contract: Contract, id: string, deed: string): void {
  if (!contract.members.some((m) => m.id === id)) throw new ReinraumError('unknown-member', `${id} ${deed} but is no member`)
}

function assertUnique(what: string, values: readonly string[]): void {
  if (new Set(values).size !== values.length) throw new ReinraumError('invalid-statement', `the contract repeats a ${what}`)
}
