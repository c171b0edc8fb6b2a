import { extname } from 'node:path'
import { slotsAsSealed } from '@reinraum/client'
import { parseStrictJson, ReinraumError } from '@reinraum/crypto'
import { readTables, type SlotInput } from '@reinraum/policy'
import { type AnalysisRule, analysisRuleSchema, type DatasetSchema, explainRule, slotIdSchema } from '@reinraum/statements'
import type { Invocation } from './command.ts'
import { readContractDraft } from './contract-draft.ts'
import { oneLineName, readBytes, readDocumentFile, readText } from './files.ts'
import { oneLine } from './output.ts'
import { isId, readContract, withContract } from './party.ts'

export interface SlotSources {
  /** id, signed contract, or a draft of one */
  readonly contract?: string
  /** `[slot=]file` */
  readonly rule: readonly string[]
  readonly schema: readonly string[]
  /** datasets in no contract yet that belong to whoever asks */
  readonly own: readonly string[]
  /** the member who asks */
  readonly as?: string
}

/** Who asks, where nobody says. */
export const nameless = 'you'

/**
 * The datasets to check a query against: a contract's, or rules and schemas that belong to no contract yet.
 * @throws ReinraumError `invalid-argument` when they do not go together, and those of reading them
 */
export async function readSlotSources(invocation: Invocation, sources: SlotSources): Promise<readonly SlotInput[]> {
  const loose = sources.rule.length + sources.schema.length + sources.own.length > 0
  if (sources.contract !== undefined && loose) throw invalid('name a contract, or rules and schemas, and not both')
  if (sources.contract !== undefined) return slotsOfContract(invocation, sources.contract)
  if (!loose) throw invalid('name a contract with --contract, or --rule and --schema of each dataset')
  const [schemas, rules] = await Promise.all([readSchemas(sources.schema), readRules(sources.rule)])
  const slots = joined(schemas, rules)
  const stranger = sources.own.find((id) => !slots.some((slot) => slot.id === id))
  if (stranger !== undefined) throw invalid(`there is no dataset ${oneLine(stranger)} to be your own`)
  return slots.map((slot) => (sources.own.includes(slot.id) ? { ...slot, owner: sources.as ?? nameless } : slot))
}

async function slotsOfContract(invocation: Invocation, reference: string): Promise<readonly SlotInput[]> {
  if (isId(reference)) return withContract(invocation, reference, slotsAsSealed)
  if (await isDraft(reference)) return (await readContractDraft(reference, invocation.io.now())).slots
  return (await readContract(invocation, reference)).document.slots
}

/** What people write, in YAML or JSON; what is signed is JSON with signatures. */
async function isDraft(file: string): Promise<boolean> {
  if (['.yaml', '.yml'].includes(extname(file).toLowerCase())) return true
  const bytes = await readBytes(file)
  try {
    const document = parseStrictJson(bytes)
    return typeof document === 'object' && document !== null && 'slots' in document
  } catch {
    return false
  }
}

/** Slot → what a file says of it; the empty name is of the only one there is. */
type Named<T> = ReadonlyMap<string, T>

async function readSchemas(options: readonly string[]): Promise<Named<DatasetSchema>> {
  const found = new Map<string, DatasetSchema>()
  for (const { slot, file } of options.map(split)) {
    const tables = await readTables(await readText(file)).catch((cause: Error) => {
      throw invalid(`${oneLineName(file)}: ${oneLine(cause.message)}`)
    })
    if (slot !== '' && tables.size !== 1)
      throw invalid(`${oneLineName(file)} is the schema of ${slot} and declares several tables`)
    for (const [table, schema] of tables) addOnce(found, slot === '' ? table : slot, schema)
  }
  return found
}

async function readRules(options: readonly string[]): Promise<Named<AnalysisRule>> {
  const found = new Map<string, AnalysisRule>()
  for (const { slot, file } of options.map(split)) {
    const parsed = analysisRuleSchema.safeParse(await readDocumentFile(file))
    if (!parsed.success) throw invalid(`${oneLineName(file)}: ${explainRule(parsed.error)[0] ?? 'no analysis rule'}`)
    addOnce(found, slot, parsed.data)
  }
  return found
}

function joined(schemas: Named<DatasetSchema>, rules: Named<AnalysisRule>): readonly SlotInput[] {
  const only = schemas.size === 1 && rules.size === 1 ? rules.get('') : undefined
  const unknown = [...rules.keys()].find((slot) => only === undefined && !schemas.has(slot))
  if (unknown === '') throw invalid('say which dataset a rule is of: --rule dataset=file')
  if (unknown !== undefined) throw invalid(`there is a rule of ${unknown} and no schema`)
  return [...schemas].map(([id, schema]) => {
    const rule = only ?? rules.get(id)
    if (!slotIdSchema.safeParse(id).success)
      throw invalid(`a dataset cannot be called ${JSON.stringify(id)}: lower-case letters, digits and underscores only`)
    if (rule === undefined) throw invalid(`there is a schema of ${id} and no rule`)
    return { id, schema, rule }
  })
}

function addOnce<T>(found: Map<string, T>, slot: string, value: T): void {
  if (found.has(slot))
    throw invalid(slot === '' ? 'say which dataset each rule is of: --rule dataset=file' : `${slot} is there twice`)
  found.set(slot, value)
}

function split(option: string): { readonly slot: string; readonly file: string } {
  const at = option.indexOf('=')
  const slot = option.slice(0, Math.max(0, at))
  return slotIdSchema.safeParse(slot).success ? { slot, file: option.slice(at + 1) } : { slot: '', file: option }
}

function invalid(message: string): ReinraumError {
  return new ReinraumError('invalid-argument', message)
}
