import { type Block, type Core, type From, isProtected, relationsOf, slotsOf } from '../analysis/block.ts'
import { refuse } from '../reasons.ts'

/** A block over rows of datasets that ask for noise: the only one of its query, so that its noise is all that the query costs. */
export interface NoisyBlock {
  readonly block: Block
  readonly core: Core
}

/**
 * The one aggregation that gets noise. Everything above it sees noisy values only, whatever it does with them: post-processing
 * costs nothing. What would be a second look at the rows is refused.
 */
export function noisyBlockOf(blocks: readonly Block[]): NoisyBlock {
  const found = blocks.flatMap((block) => coreOver(block))
  const [only, ...more] = found
  if (only === undefined || more.length > 0) {
    return refuse('noise-not-available', 'noise is given to one aggregation over rows; ask for each as a query of its own')
  }
  const { core } = only
  if (core.sets.length !== 1 || core.sets[0]?.length !== core.groups.length) {
    refuse('noise-not-available', 'noise is given to one grouping; ask for totals as a query of their own, or add up noisy cells')
  }
  checkJoined(core.from)
  return only
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
