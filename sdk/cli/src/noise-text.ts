import type { NoiseOfCells, NoiseReport } from '@reinraum/policy'
import { oneLine } from './output.ts'

/** What noise a result has and what it costs, for those who ask and those who decide. */
export function noiseLines(noise: NoiseReport): readonly (readonly [string, string])[] {
  return [
    ['spends', `an epsilon of ${noise.epsilon} and a delta of ${noise.delta}, of each dataset that it reads`],
    ['noise', ofEach(noise, ({ measures }) => measures.map(measureText))],
    [
      'accuracy',
      ofEach(noise, ({ outputs, unitsForTwentieth }) => [
        ...outputs.map(accuracyText),
        `a group of ${unitsForTwentieth} units is expected to be off by 5 % at most`,
      ]),
    ],
  ]
}

/** What is said of each aggregation by each of its groupings, under its name where there are several. */
export function ofEach({ cells }: NoiseReport, say: (cells: NoiseOfCells) => readonly string[]): string {
  const named = cells.flatMap((own) => {
    const by = own.groups.length === 0 ? 'all rows' : `by ${own.groups.map(oneLine).join(', ')}`
    return cells.length === 1
      ? say(own)
      : [`${oneLine(own.block)}, ${by}:`, ...say(own).map((line) => `  ${line.replaceAll('\n', '\n  ')}`)]
  })
  return named.join('\n')
}

function measureText({ measure, mechanism, sensitivity, scale, step }: NoiseOfCells['measures'][number]): string {
  const moved = `one unit moves it by at most ${short(sensitivity)}`
  switch (mechanism) {
    case 'discreteLaplace':
      return `${oneLine(measure)}: discrete Laplace of scale ${short(scale)}; ${moved}`
    case 'discreteGaussian':
      return `${oneLine(measure)}: discrete Gaussian of standard deviation ${short(scale)}; ${moved}`
    case 'exponential':
      return `${oneLine(measure)}: exponential mechanism of epsilon ${short(scale)} a row${step === null ? '' : `, in steps of ${short(step)}`}; one unit has at most ${short(sensitivity)} rows`
  }
}

function accuracyText({ columns, interval, expected }: NoiseOfCells['outputs'][number]): string {
  const name = columns.length === 0 ? 'the rows' : columns.map(oneLine).join(', ')
  const errors = expected.map(({ units, relative }) => `${short(relative * 100)} % of ${units}`).join(', ')
  const within =
    interval === 'values'
      ? '95 % intervals beside it where it stands alone'
      : `in 95 % at most ${interval.ranks} rows lie between it and the exact one`
  return `${name}: off by ${errors} units; ${within}`
}

/** Three digits are what an estimate is good for. */
function short(value: number): string {
  return String(Number(value.toPrecision(3)))
}
