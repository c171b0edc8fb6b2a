import { canonicalBytes, canonicalize, digestId } from '@reinraum/crypto'
import {
  type KeyHolders,
  type KeyService,
  keyCustodyOf,
  type Member,
  needsApproval,
  type Slot,
  thumbprint,
  type VerifiedContract,
} from '@reinraum/statements'
import { lines, oneLine } from './output.ts'
import { referenceValuesText } from './reference-values-text.ts'

/** Members whose signatures a contract still lacks. */
export function missingFrom({ document, acceptedBy }: VerifiedContract): readonly string[] {
  return document.members.filter((member) => !acceptedBy.includes(member.id)).map((member) => member.id)
}

/** A contract for whoever is about to sign it: all that decides who may learn what, and which code on which hardware sees data. */
export async function contractText(contract: VerifiedContract): Promise<string> {
  const { id, document, acceptedBy } = contract
  const { recipients, reviewers } = document.results
  const review = reviewers.map(({ member, mode }) => (mode === 'inspect' ? `${member} (reads it)` : member))
  return lines([
    ['contract', id],
    ['name', document.name],
    ['purpose', document.purpose],
    ['members', (await Promise.all(document.members.map(memberText))).join('\n')],
    ['datasets', document.slots.map(slotText).join('\n')],
    ['keys', document.keyServices.map(keyServiceText).join('\n')],
    ['executors', referenceValuesText(document.executors)],
    ['results', `to ${recipients.join(', ')}; reviewed by ${review.join(', ') || 'nobody'}`],
    ['valid', `${document.validity.notBefore} to ${document.validity.notAfter}`],
    ['signed by', acceptedBy.join(', ')],
    ['missing', missingFrom(contract).join(', ') || 'nobody'],
  ])
}

/** With the thumbprint that `identity create` printed. */
async function memberText({ id, name, roles, keys }: Member): Promise<string> {
  return `${id} (${roles.join(', ')}): ${oneLine(name)}, thumbprint ${await thumbprint(keys.signing.ed25519)}`
}

function slotText({ id, owner, keyService, rule }: Slot): string {
  const { by, threshold } = rule.approvals
  const needed = threshold === 'all' || threshold === by.length ? by.join(' and ') : `${threshold} of ${by.join(', ')}`
  const unit =
    rule.privacyUnit === 'none'
      ? 'public reference data'
      : `at least ${rule.output.minimumGroupSize} different ${oneLine(rule.privacyUnit.column)} in each row of a result`
  const columns = Object.entries(rule.columns).map(([column, uses]) => `${oneLine(column)} ${canonicalize(uses)}`)
  return [
    `${id} of ${owner}, key in ${custodyText(keyService)}`,
    `  ${needsApproval(rule) ? `queries that ${needed} approved` : 'any query that the guard allows, WITHOUT approval'}`,
    ...(rule.modes.includes('overlap') ? ["  ROWS that join with the analyst's own dataset, dimensions only"] : []),
    `  ${unit}; at most ${rule.output.maxRows} rows`,
    ...columns.map((column) => `  ${column}`),
    ...furtherText(rule).map((part) => `  ${part}`),
  ].join('\n')
}

/** The parts of a rule that most rules do not have, as the contract has them. */
function furtherText({ privacyUnit, scalarFunctions, join, output, differentialPrivacy, accessBudget, results }: Slot['rule']) {
  const { minimumGroupSize: _size, maxRows: _rows, ...furtherOutput } = output
  const { column: _column, ...perUnit } = privacyUnit === 'none' ? { column: '' } : privacyUnit
  const parts = { perUnit, scalarFunctions, join, output: furtherOutput, differentialPrivacy, accessBudget, results }
  return Object.entries(parts).flatMap(([name, part]) =>
    part === undefined || Object.keys(part).length === 0 ? [] : [`${name} ${canonicalize(part)}`],
  )
}

function custodyText(keyService: Slot['keyService']): string {
  const { services, threshold } = keyCustodyOf({ keyService })
  return services.length === 1 ? services.join('') : `${threshold} of ${services.join(', ')}`
}

function keyServiceText(service: KeyService): string {
  const keys = `with the keys ${digestId(canonicalBytes(service.keys))}`
  return service.custody === 'owner'
    ? `${service.id}, run by ${service.operator} ${keys}`
    : `${service.id}, attested, ${heldByText(service.unsealedBy)}, ${keys}\n  ${referenceValuesText(service.referenceValues).replaceAll('\n', '\n  ')}`
}

function heldByText(people: KeyHolders | undefined): string {
  return people === undefined
    ? 'unsealed by WHOEVER ITS EVIDENCE NAMES'
    : `unsealed by ${people.threshold} of ${people.holders.join(', ')}`
}
