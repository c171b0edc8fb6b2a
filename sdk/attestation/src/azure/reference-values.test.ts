import { describe, expect, it } from 'vitest'
import { referenceValuesSchema } from '../reference-values.ts'
import { paravisorReferenceSchema } from './reference-values.ts'

const pcrs = { '4': ['11'.repeat(32)] }

describe('a paravisor is accepted only in so many words', () => {
  it('with its kind and at least one register that tells what was started', () => {
    const written = { kind: 'azure', pcrs: { ...pcrs, '23': ['22'.repeat(32)] } }
    expect(paravisorReferenceSchema.parse(written)).toEqual(written)
  })

  it.each<[string, unknown]>([
    ['no register', { kind: 'azure', pcrs: {} }],
    ['no registers', { kind: 'azure' }],
    ['a register that software can reset, and no other', { kind: 'azure', pcrs: { '16': pcrs['4'], '23': pcrs['4'] } }],
    ['registers of a dynamic launch, and no other', { kind: 'azure', pcrs: { '17': pcrs['4'] } }],
    ['a register that does not exist', { kind: 'azure', pcrs: { ...pcrs, '24': pcrs['4'] } }],
    ['a register in another writing', { kind: 'azure', pcrs: { ...pcrs, '04': pcrs['4'] } }],
    ['a register without a value', { kind: 'azure', pcrs: { '4': [] } }],
    ['a register of another length', { kind: 'azure', pcrs: { '4': ['11'.repeat(48)] } }],
    ['a register in capitals', { kind: 'azure', pcrs: { '4': ['AA'.repeat(32)] } }],
    ['an unknown kind', { kind: 'gcp', pcrs }],
    ['an unknown field', { kind: 'azure', pcrs, allow: true }],
  ])('and not with %s', (_, written) => {
    expect(paravisorReferenceSchema.safeParse(written).success).toBe(false)
  })

  it('and not where a guest below it may ask the hardware itself', () => {
    const root = { product: 'Genoa', sha256: '11'.repeat(32), simulated: true }
    const snp = { roots: [root], measurements: ['22'.repeat(48)], paravisor: { kind: 'azure', pcrs } }
    const withLevels = (vmpls: number[]) => referenceValuesSchema.safeParse({ snp: { ...snp, policy: { vmpls } } }).success
    expect([withLevels([0]), withLevels([0, 1]), withLevels([2])]).toEqual([true, false, false])
  })
})
