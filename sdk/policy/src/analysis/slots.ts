import {
  type AnalysisRule,
  analysisRuleSchema,
  type ColumnRule,
  type DatasetSchema,
  datasetSchemaSchema,
  slotIdSchema,
} from '@reinraum/statements'
import { sameName } from '../ast/read.ts'
import { refuse } from '../reasons.ts'
import { type Type, typeOfColumn } from './types.ts'

/** A dataset as a query may name it: the slot's id is the table, its declared columns are all there is. */
export interface Slot {
  readonly id: string
  readonly schema: DatasetSchema
  readonly columns: readonly { readonly name: string; readonly type: Type }[]
  /** name of the privacy unit's column; null for public reference data */
  readonly unit: string | null
  readonly rule: AnalysisRule
}

export interface SlotInput {
  readonly id: string
  readonly schema: DatasetSchema
  readonly rule: AnalysisRule
}

/** Contracts are validated where they are verified; what becomes DDL here is validated here too. */
function readSlot(input: SlotInput): Slot {
  const id = slotIdSchema.safeParse(input.id)
  const schema = datasetSchemaSchema.safeParse(input.schema)
  const rule = analysisRuleSchema.safeParse(input.rule)
  if (!id.success || !schema.success || !rule.success) return refuse('rule-invalid', 'a slot has no valid id, schema or rule')
  return slotOf(id.data, schema.data, rule.data)
}

function slotOf(id: string, schema: DatasetSchema, rule: AnalysisRule): Slot {
  const columns = schema.columns.map(({ name, type }) => ({ name, type: typeOfColumn(type) }))
  const declared = new Set(columns.map((c) => c.name))
  for (const name of Object.keys(rule.columns)) {
    if (!declared.has(name)) refuse('rule-invalid', `the rule of ${id} names the column ${name}, which its schema does not have`)
  }
  const unit = rule.privacyUnit === 'none' ? null : rule.privacyUnit.column
  if (unit !== null && !declared.has(unit)) refuse('rule-invalid', `the privacy unit of ${id} is not a column of its schema`)
  return { id, schema, columns, unit, rule }
}

export function readSlots(inputs: readonly SlotInput[]): readonly Slot[] {
  const slots = inputs.map(readSlot)
  const twice = slots.find((s, i) => slots.some((other, j) => j < i && sameName(s.id, other.id)))
  if (twice !== undefined) refuse('rule-invalid', `the slot ${twice.id} is given twice`)
  return slots
}

/** A column without an entry may not be used at all. */
export function ruleOfColumn(slot: Slot, column: string): ColumnRule {
  return Object.hasOwn(slot.rule.columns, column) ? (slot.rule.columns[column] ?? {}) : {}
}
