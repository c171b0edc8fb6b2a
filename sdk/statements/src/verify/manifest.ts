import { canonicalize, ReinraumError } from '@reinraum/crypto'
import type { Manifest } from '../kinds/manifest.ts'
import type { AnalysisRule } from '../parts/analysis-rule.ts'
import { faultLine } from '../parts/explain-rule.ts'
import { asVerified, type Verified, type VerifiedContract } from '../verified.ts'
import { assertContractInForce } from './contract.ts'
import { openStatementOf } from './member-statement.ts'

/**
 * Verifies a manifest: signed by the owner of the slot that it names, with the schema that the contract declares for it.
 * Throws `role-missing`, `schema-mismatch`, `invalid-statement` for a slot that does not exist, or whose rule asks for noise when
 * the manifest does not say which data it holds, or for a statement of units or of an order that no such data has,
 * and the common codes.
 */
export async function verifyManifest(bytes: Uint8Array, contract: VerifiedContract, now: Date): Promise<Verified<Manifest>> {
  assertContractInForce(contract, now)
  const opened = await openStatementOf('owner', bytes, contract, 'reinraum/manifest/v1')
  const manifest = opened.document
  const slot = contract.document.slots.find((s) => s.id === manifest.slot)
  if (!slot) throw new ReinraumError('invalid-statement', `the contract has no slot ${manifest.slot}`)
  if (slot.owner !== manifest.by) throw new ReinraumError('role-missing', `${manifest.by} does not own slot ${slot.id}`)
  if (canonicalize(slot.schema) !== canonicalize(manifest.schema)) {
    throw new ReinraumError('schema-mismatch', `the manifest's schema is not that of slot ${slot.id}`)
  }
  assertLineage(manifest, slot.rule)
  assertUnitRows(manifest)
  assertClusteredBy(manifest)
  return asVerified(opened)
}

/** Where noise is asked for, the version says which data it holds: which budget is spent must not be left to the slot's name. */
function assertLineage({ lineage }: Manifest, { differentialPrivacy }: AnalysisRule): void {
  if (differentialPrivacy === undefined) return
  if (lineage === undefined)
    throw fault(['lineage'], 'is missing, and the rule asks for noise; add lineage: {dataset: …, periods: [1]}')
  if (differentialPrivacy.refresh === 'never' && lineage.periods.join() !== '1')
    throw fault(['lineage', 'periods'], "is of new data, and this rule's budget never starts again; write [1]")
}

/** What can be seen without the data. Whether it is true is the owner's word, which only the owner's own dataset relies on. */
function assertUnitRows({ unit, schema, rowCount }: Manifest): void {
  if (unit === undefined) return
  if (!schema.columns.some(({ name }) => name === unit.column))
    throw fault(['unit', 'column'], `there is no column ${unit.column} in the schema`)
  if (unit.rowsAtMost > Math.max(1, rowCount))
    throw fault(['unit', 'rowsAtMost'], `is more than all ${rowCount} rows; write how many rows one unit has at most`)
}

function assertClusteredBy({ clusteredBy, schema }: Manifest): void {
  if (clusteredBy !== undefined && !schema.columns.some(({ name }) => name === clusteredBy))
    throw fault(['clusteredBy'], `there is no column ${clusteredBy} in the schema`)
}

function fault(path: readonly string[], message: string): ReinraumError {
  return new ReinraumError('invalid-statement', faultLine(path, message))
}
