import {
  type AnalysisRule,
  analysisRuleSchema,
  type ColumnRule,
  type DatasetSchema,
  datasetSchemaSchema,
  deepFreeze,
  explainRule,
  memberIdSchema,
  ruleFaults,
  slotIdSchema,
} from '@reinraum/statements'
import { z } from 'zod'
import { sameName } from '../ast/read.ts'
import { refuse } from '../reasons.ts'
import { addableFunctionNames } from './functions.ts'
import { type Type, typeOfColumn } from './types.ts'

/** A dataset as a query may name it: the slot's id is the table, its declared columns are all there is. */
export interface Slot {
  readonly id: string
  /** null where whoever asks does not say: no dataset counts as theirs */
  readonly owner: string | null
  readonly schema: DatasetSchema
  readonly columns: readonly { readonly name: string; readonly type: Type }[]
  /** name of the privacy unit's column; null for public reference data */
  readonly unit: string | null
  readonly rule: AnalysisRule
  /** what the owner states of the dataset (`SlotInput`); null where nothing is stated */
  readonly rowsPerUnit: number | null
}

export interface SlotInput {
  readonly id: string
  /** the member whose dataset it is, as the contract says; rules about joins ask for it */
  readonly owner?: string
  readonly schema: DatasetSchema
  readonly rule: AnalysisRule
  /**
   * The owner states (signed, and counted when the dataset was sealed) that no privacy unit has more rows than this in this
   * dataset: a positive integer. It spares work, and where nothing that is asked counts rows, a part of the ε for
   * counting units goes to a count of rows. It is believed only where, if it were false, none but the owner's own dataset would
   * be less protected (`noise/stated-rows.ts`).
   */
  readonly rowsPerUnit?: number
}

const rowsPerUnitSchema = z.int().positive().optional()

/** Contracts are validated where they are verified; what becomes DDL here is validated here too. */
function readSlot(input: SlotInput): Slot {
  const id = slotIdSchema.safeParse(input.id)
  const schema = datasetSchemaSchema.safeParse(input.schema)
  const rule = analysisRuleSchema.safeParse(input.rule)
  if (!id.success) return refuse('rule-invalid', 'a slot has no valid id')
  const owner = memberIdSchema.optional().safeParse(input.owner)
  if (!schema.success || !owner.success) return refuse('rule-invalid', `the slot ${id.data} has no valid schema or owner`)
  if (!rule.success) return refuse('rule-invalid', `the rule of ${id.data}: ${explainRule(rule.error)[0]}`)
  const rowsPerUnit = rowsPerUnitSchema.safeParse(input.rowsPerUnit)
  if (!rowsPerUnit.success) return refuse('rule-invalid', `the slot ${id.data} has a number of rows per unit that is none`)
  const stated = { owner: owner.data ?? null, rowsPerUnit: rowsPerUnit.data ?? null }
  return slotOf(id.data, stated, schema.data, rule.data)
}

function slotOf(id: string, stated: Pick<Slot, 'owner' | 'rowsPerUnit'>, schema: DatasetSchema, rule: AnalysisRule): Slot {
  const columns = schema.columns.map(({ name, type }) => ({ name, type: typeOfColumn(type) }))
  const [fault] = ruleFaults(rule, schema)
  if (fault !== undefined) refuse('rule-invalid', `the rule of ${id}: ${fault}`)
  const unknown = (rule.scalarFunctions ?? []).find((name) => !addableFunctionNames.has(name))
  if (unknown !== undefined) {
    const known = [...addableFunctionNames].join(', ')
    refuse(
      'rule-invalid',
      `the rule of ${id}: scalarFunctions: ${unknown} is no function that can be added; write one of ${known}`,
    )
  }
  const unit = rule.privacyUnit === 'none' ? null : rule.privacyUnit.column
  return { id, ...stated, schema, columns, unit, rule }
}

/** Slots by the text of what was given: the same few are asked about again and again, and checking a rule takes long. */
const known = new Map<string, Slot>()
const mostKnown = 256

function textOf(input: SlotInput): string {
  try {
    return JSON.stringify(input)
  } catch {
    return refuse('rule-invalid', 'a slot is no JSON')
  }
}

/** As JSON has it, whatever else the objects may be. */
function knownSlot(input: SlotInput): Slot {
  const text = textOf(input)
  const slot = known.get(text) ?? deepFreeze(readSlot(JSON.parse(text) as SlotInput))
  // those that were asked about last stay
  known.delete(text)
  known.set(text, slot)
  for (const [oldest] of known) if (known.size > mostKnown) known.delete(oldest)
  return slot
}

export function readSlots(inputs: readonly SlotInput[]): readonly Slot[] {
  const slots = inputs.map(knownSlot)
  const twice = slots.find((s, i) => slots.some((other, j) => j < i && sameName(s.id, other.id)))
  if (twice !== undefined) refuse('rule-invalid', `the slot ${twice.id} is given twice`)
  return slots
}

/** A column without an entry may not be used at all. */
export function ruleOfColumn(slot: Slot, column: string): ColumnRule {
  return Object.hasOwn(slot.rule.columns, column) ? (slot.rule.columns[column] ?? {}) : {}
}
