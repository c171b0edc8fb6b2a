import { type Block, type Core, type From, isProtected, relationsOf, slotsOf } from '../analysis/block.ts'
import { refuse } from '../reasons.ts'

/** A block over rows of datasets that ask for noise. */
export interface NoisyBlock {
  readonly block: Block
  readonly core: Core
}

/**
 * The aggregations that get noise. Everything above them sees noisy values only, whatever it does with them: post-processing
 * costs nothing. What would be another look at the rows is refused.
 */
export function noisyBlocksOf(blocks: readonly Block[]): readonly NoisyBlock[] {
  const found = blocks.flatMap((block) => coreOver(block))
  if (found.length === 0) refuse('noise-not-available', 'noise is given to aggregations over rows, and the query has none')
  for (const { core } of found) checkJoined(core.from)
  return found
}

/** One core per grouping: each is a histogram of its own, of which a unit is in some groups. */
export function groupingsOf(core: Core): readonly Core[] {
  return core.sets.map((set) => {
    const groups = set.flatMap((i) => core.groups[i] ?? [])
    return { ...core, groups, sets: [groups.map((_, i) => i)] }
  })
}

function coreOver(block: Block): readonly NoisyBlock[] {
  const { source } = block
  switch (source.kind) {
    case 'core':
      return slotsOf(source.core.from).some(({ unit }) => unit !== null) ? [{ block, core: source.core }] : []
    case 'released':
      return checkReleased(source.from)
    case 'summary':
      return checkReleased(source.summary.from)
    case 'set':
    case 'stack':
      return []
  }
}

function checkReleased(from: From): readonly NoisyBlock[] {
  if (!relationsOf(from).some(isProtected)) return []
  return refuse('noise-not-available', 'rows of a dataset cannot come out with noise; aggregate them')
}

/**
 * A row must come and go with its unit. Where rows without a partner stay, one of another dataset goes when the unit comes.
 */
function checkJoined(from: From): void {
  if (from.kind === 'relation') {
    const { source } = from.relation
    if (source.kind === 'derived') checkJoined(source.derived.from)
    return
  }
  const holds = (side: From) => relationsOf(side).some(isProtected)
  if (from.join === 'full' || (from.join === 'left' && holds(from.right) && !holds(from.left))) {
    refuse('noise-not-available', 'rows that stay because a protected dataset has none cannot get noise; write an inner join')
  }
  checkJoined(from.left)
  checkJoined(from.right)
}
