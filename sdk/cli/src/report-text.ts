import type { DatasetUse, GuardReport, NoiseOfCells } from '@reinraum/policy'
import { noiseLines, ofEach } from './noise-text.ts'
import { lines, oneLine } from './output.ts'

/** What a query reads and what comes out, for those who decide on it: all that the guard knows, and what it does not hold. */
export function reportText(report: GuardReport): string {
  const { restrictions } = report
  return lines([
    ['reads', report.datasets.map(datasetText).join('\n')],
    ['steps', report.blocks.map(stepText).join('\n')],
    ['each row', thresholdText(report)],
    ['numbers', numbersText(report)],
    ...(report.noise === null ? [] : noiseLines(report.noise)),
    ...(restrictions.differencing.length === 0
      ? []
      : [['compared', comparedText(restrictions.differencing, report.noise !== null)] as const]),
    ['limits', limitsText(report)],
    ['joins', joinsText(report)],
    ['runs', runsText(report)],
    ...restrictionLines(report),
    ['comes out', report.output.map(({ name, type }) => `${oneLine(name)} ${type}`).join('\n')],
    ['not held', notProtected(report).join('\n')],
  ])
}

function datasetText(use: DatasetUse): string {
  const { slot, privacyUnit } = use
  const what =
    privacyUnit === null
      ? 'public reference data'
      : `protects each ${oneLine(privacyUnit)}; at least ${use.minimumGroupSize} in a group`
  const roles = [
    ['joined on', use.joined],
    ['filtered by', use.filtered],
    ['grouped by', use.grouped],
    ['aggregated', use.aggregated],
    ['shown as it is', use.shown],
  ] as const
  const used = roles.flatMap(([role, columns]) => (columns.length === 0 ? [] : `  ${role} ${columns.map(oneLine).join(', ')}`))
  return [`${slot}: ${what}`, ...used].join('\n')
}

const does = { aggregate: 'aggregates', 'post-processing': 'takes results of', overlap: 'shows rows of' } as const

/** Of noisy numbers alone, so it tells nothing beyond them. */
function noisyThresholdText({ groups, declaredGroups, leastUnits, enoughRows, tau, assuredUnits }: NoiseOfCells): string {
  const why = tau === null ? '' : `\n${tau} or more hide groups of one unit, whom nobody declared`
  const assured =
    assuredUnits === null
      ? ''
      : `\nit has at least ${assuredUnits} exactly, and so many with a value behind each number, but with a chance of one in a million each`
  const possible =
    declaredGroups === null ? 'groups come from the data' : `the ${declaredGroups} declared groups alone can come out`
  const left = groups.length === 0 ? 'it is left out otherwise' : `other groups are left out. Of the groups: ${possible}`
  const rows =
    enoughRows === null ? '' : `, or ${enoughRows} rows by theirs, which are of ${leastUnits} units by what the owner states`
  return `has at least ${leastUnits} privacy units by their noisy number${rows}; ${left}${why}${assured}`
}

function stepText({ name, kind, reads, threshold, columns }: GuardReport['blocks'][number]): string {
  const held = threshold === null ? '' : `, at least ${threshold} units a row`
  return `${oneLine(name)} ${does[kind]} ${reads.map(oneLine).join(', ')}${held}: ${columns.map(oneLine).join(', ')}`
}

function thresholdText({ minimumGroupSize, restrictions, blocks, noise }: GuardReport): string {
  if (minimumGroupSize === null) return 'is of public data only: nothing is left out'
  if (noise !== null) return ofEach(noise, (cells) => [noisyThresholdText(cells)])
  if (isOverlap({ blocks })) {
    return [
      'IS ONE OF A DATASET AS IT IS, joined with one of who asks: no threshold holds.',
      'Of each of their own rows they learn whether the other dataset has it, and what the shown columns say of it',
    ].join('\n')
  }
  return [
    `stands for at least ${minimumGroupSize} different privacy units of every protected dataset in it; smaller groups are left out,`,
    'and a single aggregate is empty where fewer than that have a value',
    ...(restrictions.complementarySuppression ? ['and where the rows that have none are of fewer'] : []),
    restrictions.complementaryCells
      ? 'further rows are left out where one that was could be computed from totals of the same result'
      : 'rows that were left out may be computable from totals of the same result: the rules do not ask for more',
  ].join('\n')
}

function numbersText(report: GuardReport): string {
  const { rounding } = report.restrictions
  if (report.noise !== null) return rounding === null ? 'with noise' : `with noise, rounded to multiples of ${rounding}`
  return rounding === null || isOverlap(report) ? 'as they are' : `rounded to multiples of ${rounding}`
}

function isOverlap({ blocks }: Pick<GuardReport, 'blocks'>): boolean {
  return blocks.some(({ kind }) => kind === 'overlap')
}

function runsText({ approvedFor }: GuardReport): string {
  if (approvedFor.length === 0) return 'without approval'
  return `when those have approved it whom the rules of ${approvedFor.map(oneLine).join(', ')} name`
}

function comparedText(slots: readonly string[], noise: boolean): string {
  if (noise) return `with nothing: noise bounds what results of ${slots.map(oneLine).join(', ')} tell together`
  return [
    `with all that was shown of ${slots.map(oneLine).join(', ')} under the same contract: what differs from it by few units is left out.`,
    'This is a heuristic; what several results tell together is bounded by noise alone.',
  ].join('\n')
}

function limitsText({ maxRows, maxBytes }: GuardReport): string {
  return `at most ${maxRows} rows${maxBytes === null ? '' : ` and ${maxBytes} bytes; a longer result is a run that failed`}`
}

function joinsText({ joinsCanRepeatRows, blocks }: GuardReport): string {
  if (isOverlap({ blocks })) return 'give a row for each pair of rows that fit'
  return joinsCanRepeatRows
    ? 'A JOIN CAN REPEAT ROWS, and count or sum them more than once, where a public key is not unique; groups count units once'
    : 'repeat no rows'
}

function restrictionLines({ restrictions }: GuardReport): readonly (readonly [string, string])[] {
  const { recipients, reviewers, accessBudgets } = restrictions
  const review = reviewers.map(({ member, mode }) => (mode === 'inspect' ? `${member} (reads it)` : member))
  return [
    ...(recipients === null ? [] : [['to', `nobody but ${recipients.join(', ') || 'no one'}`] as const]),
    ...(review.length === 0 ? [] : [['reviewed', `by ${review.join(', ')}`] as const]),
    ...accessBudgets.map(({ slot, period, max }) => ['budget', `${slot}: ${max} runs per ${period}`] as const),
  ]
}

const noiseNotProtected = [
  'the noise protects one unit at a time: a household of four is protected four times less',
  'what the rows of a unit say of others, such as of what all in a group have in common, is no secret of the unit',
  'public datasets are taken as they are: one that labels single units tells more about a group',
]

/** In words for people who have to decide; the README of the policy package says more. */
function notProtected({ datasets, blocks, restrictions, noise }: GuardReport): readonly string[] {
  if (datasets.every(({ privacyUnit }) => privacyUnit === null)) return ['nothing in it is protected, so nothing is']
  if (noise !== null) return noiseNotProtected
  if (isOverlap({ blocks })) return ['whoever brings a dataset of all keys that there can be learns all of them']
  return [
    datasets.every(({ slot, privacyUnit }) => privacyUnit === null || restrictions.differencing.includes(slot))
      ? 'several results together, and results under another contract, can tell of few units what each of them does not'
      : 'two results that differ by few units can be subtracted from each other, also with results of other queries',
    'one unit can make up most of a sum; only how many are in a group is held',
    'a median or quantile is a value that someone has',
    'public datasets are taken as they are: one that labels single units tells more about a group',
  ]
}
