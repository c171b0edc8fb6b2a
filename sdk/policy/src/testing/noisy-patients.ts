import type { DifferentialPrivacy } from '@reinraum/statements'
import type { SlotInput } from '../analysis/slots.ts'
import { noiseRule } from './noisy-room.ts'
import { slots } from './slots.ts'

export const regions: readonly string[] = Array.from({ length: 13 }, (_, i) => `Region ${i}`)
/** A declared group of which there is no row. */
export const empty = 'Region of nobody'

interface Changes {
  readonly noise?: Partial<DifferentialPrivacy>
  readonly unit?: { readonly maxRowsPerUnit?: number; readonly maxGroupsPerUnit?: number }
  /** as `unit`, unless given */
  readonly unitOfPupils?: Changes['unit']
  readonly output?: Partial<SlotInput['rule']['output']>
  readonly domain?: readonly string[] | undefined
  /** what the rule of pupils has instead of noise: a threshold alone */
  readonly pupils?: Partial<SlotInput['rule']['output']>
  /** rows per unit as owners state them, by slot */
  readonly stated?: Readonly<Record<string, number>>
}

/** The six datasets, of which patients and pupils ask for noise. A patient has four rows in one region, and one has forty. */
export function noisySlots({ stated = {}, ...changes }: Changes = {}): readonly SlotInput[] {
  return withNoise(changes).map((slot) => {
    const rowsPerUnit = stated[slot.id]
    return rowsPerUnit === undefined ? slot : { ...slot, rowsPerUnit }
  })
}

function withNoise({
  noise = {},
  unit = { maxRowsPerUnit: 4, maxGroupsPerUnit: 4 },
  unitOfPupils = unit,
  output = {},
  pupils,
  ...more
}: Omit<Changes, 'stated'>): readonly SlotInput[] {
  const domain = 'domain' in more ? more.domain : [...regions, empty]
  return slots.map((slot) => {
    const { rule } = slot
    const asking = {
      ...rule,
      differentialPrivacy: { ...noiseRule, ...noise },
      output: { ...rule.output, minimumGroupSize: 2, ...output },
    }
    if (slot.id === 'pupils' && pupils !== undefined) return { ...slot, rule: { ...rule, output: { ...rule.output, ...pupils } } }
    if (slot.id === 'pupils') return { ...slot, rule: { ...asking, privacyUnit: { column: 'pupil', ...unitOfPupils } } }
    if (slot.id !== 'patients') return slot
    const { region } = rule.columns
    const columns = { ...rule.columns, region: { ...region, ...(domain === undefined ? {} : { domain: [...domain] }) } }
    return { ...slot, rule: { ...asking, privacyUnit: { column: 'person', ...unit }, columns } }
  })
}
