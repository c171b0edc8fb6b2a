import { type Core, type From, isProtected, relationsOf } from '../analysis/block.ts'
import { type Expression, sidesBehind } from '../analysis/expression.ts'
import type { Slot } from '../analysis/slots.ts'
import { booleanType } from '../analysis/types.ts'
import { refuse } from '../reasons.ts'
import { has } from '../rewrite/same-units.ts'

// A dataset whose rule asks for no noise is promised that whatever comes out stands for enough of its units. Beside a dataset with
// noise an exact count of them cannot decide that: whether a group is shown would tell of the other dataset's rows what no budget
// paid for. So its units are counted with noise, and what is shown has to reach a minimum with a margin for that noise.

/**
 * The units that are promised to the datasets without noise of a query with noise; null where all of them ask for noise.
 * @throws Refusal where the noisy numbers of the query do not count their units, or not on all sides that their rules have
 */
export function assuredUnits(cores: readonly Core[], read: readonly Slot[], noisy: readonly string[]): number | null {
  const without = read.filter(({ id, unit }) => unit !== null && !noisy.includes(id))
  const [first] = without
  if (first === undefined) return null
  const told = `${noisy.join(', ')} asks for noise and ${first.id} does not: `
  const compared = without.find(({ rule }) => rule.output.differencing !== undefined)
  if (compared !== undefined)
    refuse(
      'noise-not-available',
      `${told}${compared.id} compares exact results with earlier ones; join datasets that both ask for noise`,
    )
  const [core, ...more] = cores
  if (core === undefined || more.length > 0 || core.sets.length > 1)
    return refuse(
      'noise-not-available',
      `${told}totals of a result could be subtracted from their parts; ask for each as a query of its own`,
    )
  if (!isInner(core.from)) refuse('noise-not-available', `${told}write an inner join, so that one count is of the units of both`)
  if (core.aggregates.some(hasSides))
    refuse(
      'noise-not-available',
      `${told}its threshold holds on both sides of a condition inside an aggregate; write the condition in WHERE`,
    )
  const strict = without.find(({ rule }) => rule.output.complementarySuppression === true)
  if (strict !== undefined && core.aggregates.some((a) => valueBehind(core, a.value) !== null))
    refuse(
      'noise-not-available',
      `${told}${strict.id} hides aggregates of which few units lack the value; count rows or units only`,
    )
  return Math.max(...without.map(({ rule }) => rule.output.minimumGroupSize))
}

/** Whether a row has a unit of each dataset in it, and so the same one. */
function isInner(from: From): boolean {
  if (from.kind === 'relation') {
    const { source } = from.relation
    return source.kind !== 'derived' || isInner(source.derived.from)
  }
  const outer = from.join !== 'inner' && relationsOf(from.right).some(isProtected)
  return !outer && isInner(from.left) && isInner(from.right)
}

function hasSides({ filter, value }: Core['aggregates'][number]): boolean {
  return filter !== null || (value !== null && sidesBehind(value).length > 0)
}

/** The value that rows may lack, so that fewer units are behind an aggregate of it than in its group. */
function valueBehind({ units }: Core, value: Expression | null): Expression | null {
  if (value === null || (value.kind === 'column' && has(units, value))) return null
  return value.kind === 'constant' && value.text !== null ? null : value
}

/** Whether a row has the value; null where every row of the core counts. */
export function presenceOf(core: Core, value: Expression | null): Expression | null {
  const behind = valueBehind(core, value)
  return behind === null ? null : { kind: 'isNull', value: behind, negated: true, type: booleanType }
}
