import {
  type Asked,
  type NoisePlan,
  type NoiseReason,
  type NoiseRequest,
  type NoiseTerm,
  planNoiseTogether,
  type Spending,
} from '@reinraum/privacy'
import type { Block, Core } from '../analysis/block.ts'
import { type Column, type Expression, keyOf, type Moments } from '../analysis/expression.ts'
import { conjunctionOf } from '../analysis/operators.ts'
import type { Slot } from '../analysis/slots.ts'
import type { Type } from '../analysis/types.ts'
import { type GuardReason, refuse } from '../reasons.ts'
import type { Restrictions } from '../rules/restrictions.ts'
import { assuredUnits } from './assured-units.ts'
import { checkTexts } from './cell-texts.ts'
import { contributionOf, ofUnits } from './contribution.ts'
import { checkGroups, countOf, type DeclaredGroups, declaredGroups, withinDomains, withoutDomain } from './domains.ts'
import { askedOf, fineGridsOf, type Measured } from './measured.ts'
import { groupingsOf, noisyBlocksOf } from './noisy-core.ts'
import { type MostSteps, mostStepsOf } from './quantile-grid.ts'
import { rowsThatSpareUnits } from './stated-rows.ts'

/** A query whose cells get noise, with which it costs no more than it says. */
export interface NoisyQuery {
  /** spreads in them are columns of their cores */
  readonly blocks: readonly Block[]
  /** in the order in which they are measured: conditions of later ones may take values of earlier ones, which have noise then */
  readonly cores: readonly NoisyCore[]
}

/** What an aggregation over rows asks for, by one of its groupings, and the noise that it gets. */
export interface NoisyCore {
  /** the block that stands over it, and the core that this block has, of which this may be one grouping of several */
  readonly block: Block
  readonly whole: Core
  readonly core: Core
  readonly measured: readonly Measured[]
  readonly types: ReadonlyMap<string, Type>
  /** null where groups come from the data, so that few units hide a group */
  readonly declared: DeclaredGroups | null
  readonly plan: NoisePlan
}

/** @throws Refusal where there is no noise for the query, or not for what it spends */
export function noisyQueryOf(
  submitted: readonly Block[],
  read: readonly Slot[],
  restrictions: Restrictions,
  privacy: Spending | undefined,
): NoisyQuery {
  const found = noisyBlocksOf(submitted)
  const assured = assuredUnits(
    found.map(({ core }) => core),
    read,
    restrictions.ledgers.map(({ slot }) => slot),
  )
  const terms = termsOf(restrictions, privacy)
  const changed = new Map<Block, Block>()
  const counted = found.flatMap(({ block, core: whole }) => {
    const spreads = spreadsOf(block)
    const own = withSpreads(block, spreads)
    changed.set(block, own)
    return groupingsOf(whole).map((core) => {
      return { block: own, whole, core: withinGroups(core), spreads, declared: declaredGroups(core) }
    })
  })
  checkGroups(counted.map(({ declared }) => declared))
  const most = mostStepsOf(counted.map(({ core, declared }) => ({ declared, histograms: fineGridsOf(core) })))
  const asked = counted.map((of) => askedCore(of, assured, most))
  const requests = asked.map(
    ({ core, declared, asked: columns, allRows, rowsPerUnit }): NoiseRequest => ({
      contribution: contributionOf(core),
      declaredGroups: declared === null ? null : countOf(declared),
      minimumGroupSize: restrictions.minimumGroupSize ?? 0,
      ...(assured === null ? {} : { assuredUnits: assured }),
      ...(allRows === undefined || rowsPerUnit === null ? {} : { sparing: { rowsPerUnit, rows: allRows } }),
      // groups alone are shown where they have enough units
      asked: columns.length > 0 ? columns : [{ name: 'units', aggregate: 'countUnits' } as const],
    }),
  )
  const outcome = planNoiseTogether(requests, terms)
  if (outcome.outcome === 'refused') return refuseNoise(outcome.code, outcome.message, asked, terms)
  const cores = asked.map(({ asked: _asked, allRows: _rows, rowsPerUnit: _most, ...core }, i): NoisyCore => {
    const plan = outcome.plans[i]
    if (plan === undefined) throw new Error('every core has a plan')
    checkWidth(core, plan)
    return { ...core, plan }
  })
  checkTexts(cores)
  return { blocks: submitted.map((block) => changed.get(block) ?? block), cores }
}

interface AskedCore extends Omit<NoisyCore, 'plan'> {
  readonly asked: readonly Asked[]
  readonly allRows: string | undefined
  /** null unless it may spare counting units */
  readonly rowsPerUnit: number | null
}

function askedCore(
  { spreads, ...of }: Pick<NoisyCore, 'block' | 'whole' | 'core' | 'declared'> & { readonly spreads: readonly Spread[] },
  assured: number | null,
  most: MostSteps,
): AskedCore {
  const mostSteps = of.declared === null ? most.undeclared : most.declared
  const rowsPerUnit = of.declared === null ? null : rowsThatSpareUnits(of.core)
  return { ...of, ...askedOf(of.core, spreads, assured !== null, mostSteps, rowsPerUnit !== null), rowsPerUnit }
}

/** Of the rows, those of a unit and of a declared group. */
function withinGroups(core: Core): Core {
  const declared = declaredGroups(core)
  const inside = declared === null ? [] : withinDomains(core, declared)
  return { ...core, where: conjunctionOf([...(core.where === null ? [] : [core.where]), ...ofUnits(core), ...inside]) }
}

/** Exact measures are 128-bit integers, whatever the rows are and however many (`analysis/sums.ts`). */
function checkWidth({ measured }: Pick<AskedCore, 'measured'>, { columns }: NoisePlan): void {
  const everyOf = new Map(measured.flatMap((m) => (m.of === 'values' ? [[m.name, BigInt(m.every)] as const] : [])))
  for (const { measure } of columns) {
    if (!('steps' in measure)) continue
    const { low, high } = measure.steps
    const farthest = [low, high, high - low].reduce((most, end) => (end > most ? end : -end > most ? -end : most), 0n)
    // on the grid of its decimals, which values are rounded to first
    const widest = farthest * (everyOf.get(measure.values) ?? 1n)
    const most = measure.kind === 'squares' ? 1n << 42n : 1n << 60n
    if (widest > most) refuse('bounds-too-wide', `the bounds of ${measure.values} are too wide for exact cells with noise`)
  }
}

function termsOf({ ledgers }: Restrictions, privacy: Spending | undefined): readonly NoiseTerm[] {
  if (privacy === undefined) {
    const most = Math.min(...ledgers.map(({ noise }) => noise.maxEpsilonPerQuery))
    const slots = ledgers.map(({ slot }) => slot).join(', ')
    return refuse(
      'privacy-missing',
      `the rule of ${slots} asks for noise: say what the query spends, an epsilon of ${most} at most`,
    )
  }
  return ledgers.map(({ noise }) => ({ rule: noise, spending: privacy }))
}

function refuseNoise(
  code: NoiseReason,
  message: string,
  cores: readonly Pick<AskedCore, 'core' | 'declared'>[],
  terms: readonly NoiseTerm[],
): never {
  const undeclared = cores.filter(({ declared }) => declared === null)
  if (code === 'delta-missing' && undeclared.length > 0) {
    const columns = [...new Set(undeclared.flatMap(({ core }) => withoutDomain(core)))].join(', ')
    return refuse(
      'domain-missing',
      `the rules declare no domain of ${columns}: ask the owner for one, or state a delta such as 1e-9`,
    )
  }
  const most = Math.min(...terms.map(({ rule }) => rule.maxEpsilonPerQuery))
  const fitting = code === 'epsilon-over-maximum' ? `; an epsilon of ${most} fits` : ''
  return refuse(reasons[code], `${message}${fitting}`)
}

const reasons: Readonly<Record<NoiseReason, GuardReason>> = {
  'epsilon-malformed': 'privacy-malformed',
  'epsilon-over-maximum': 'privacy-over-maximum',
  'epsilon-too-small': 'privacy-too-small',
  'delta-malformed': 'privacy-malformed',
  'delta-missing': 'privacy-missing',
  'delta-over-budget': 'privacy-over-maximum',
  'budget-exhausted': 'privacy-over-maximum',
  'nothing-asked': 'noise-not-available',
  'weight-malformed': 'noise-not-available',
  'bounds-missing': 'bounds-missing',
  'grid-malformed': 'bounds-too-wide',
  'quantile-malformed': 'noise-not-available',
  'values-ambiguous': 'noise-not-available',
  'rows-unbounded': 'contribution-unbounded',
  'groups-unbounded': 'contribution-unbounded',
  'contribution-malformed': 'contribution-unbounded',
}

interface Spread {
  readonly name: string
  readonly moments: Moments
}

function expressionsOf({ where, qualify, select, order }: Block): readonly Expression[] {
  return [where, qualify, ...select.map((s) => s.value), ...order.map((o) => o.value)].flatMap((e) => (e === null ? [] : [e]))
}

function spreadsOf(block: Block): readonly Spread[] {
  const found = new Map<string, Moments>()
  visit(expressionsOf(block), (moments) => {
    found.set(keyOf(moments), moments)
    return moments
  })
  return [...found.values()].map((moments, i) => ({ name: `v${i}`, moments }))
}

/** A spread is clipped and has an interval as a whole, so it is a column of the noisy cells and not computed above them. */
function withSpreads(block: Block, spreads: readonly Spread[]): Block {
  const columnOf = (moments: Moments): Column => {
    const name = spreads.find((s) => keyOf(s.moments) === keyOf(moments))?.name ?? ''
    return { kind: 'column', table: 'c', name, type: moments.type, slot: null }
  }
  const { where, qualify, select, order } = block
  return { ...block, ...visit({ where, qualify, select, order }, columnOf) }
}

/** Expressions are plain data. */
function visit<T>(value: T, change: (moments: Moments) => Expression): T {
  const within = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(within)
    if (part === null || typeof part !== 'object') return part
    if ((part as Expression).kind === 'moments') return change(part as Moments)
    return Object.fromEntries(Object.entries(part).map(([name, child]) => [name, within(child)]))
  }
  return within(value) as T
}
