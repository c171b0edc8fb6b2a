import type { Measured, Way } from '../ways/measure.ts'
import type { Limit } from './limits.ts'
import type { Report } from './report.ts'
import { geometricMean, ratio } from './summary.ts'

/** The report as it is read. */
export function markdownOf(report: Report): string {
  const { machine, main, repetitions, seconds } = report
  return [
    '# TPC-H-derived: the confidential data path beside plain DuckDB',
    `Ratios, not absolute times. Scale ${main.factor}, median of ${repetitions} repetitions, after one that was not counted; ${Math.round(seconds)} s in all.`,
    `Measured on ${machine.cores} × ${machine.processor}, ${machine.memoryGiB} GiB, Linux ${machine.kernel}, Node ${machine.node}; load ${machine.load} before it began.`,
    limitTable(report.limits),
    questionTable(main.questions),
    'Plain, cold and naive are milliseconds from the question, or the ciphertext on local disk, to the result, warm those of the query. ' +
      'Unseal, query, seal are of cold. Columns: how many of those of the tables that are read. Read: bytes decrypted to bytes stored of these tables. ' +
      'Memory, MiB: the most of the query process, and what is decrypted beside it.',
    growthTable(report),
    rateTable(report),
    runTable(report),
    `Planning what a question reads takes ${middle(main.questions.map(({ planned }) => planned.milliseconds))} ms (median), where the guard checks the query, before the keys.`,
  ].join('\n\n')
}

function limitTable(limits: readonly Limit[]): string {
  const rows = limits.map(({ says, found, atMost, atLeast, isMet }) => [
    says,
    found.toFixed(2),
    atMost === undefined ? `≥ ${atLeast?.toFixed(2)}` : `≤ ${atMost.toFixed(2)}`,
    isMet ? 'met' : '**not met**',
  ])
  return table(['limit', 'found', 'to reach', ''], rows)
}

function questionTable(measured: readonly Measured[]): string {
  const rows = measured.map((one) => {
    const { ways, planned, question } = one
    const milliseconds = (way: Way) => ways[way]?.total.toFixed(0) ?? ''
    const cold = ways.cold
    return [
      `Q${question}${one.equal ? '' : ' **differs**'}`,
      milliseconds('plain'),
      milliseconds('warm'),
      ratio(one, 'warm', 'plain').toFixed(2),
      milliseconds('cold'),
      ratio(one, 'cold', 'plain').toFixed(2),
      [cold?.unseal, cold?.query, cold?.seal].map((value) => value?.toFixed(0)).join(' + '),
      milliseconds('naive'),
      ways.naive === undefined ? '' : ratio(one, 'naive', 'cold').toFixed(2),
      percent(planned.columnShare),
      percent((cold?.unsealedBytes ?? 0) / planned.storedBytes),
      mebibytes(ways.plain?.peakBytes),
      mebibytes(cold?.peakBytes),
      mebibytes(cold?.fileBytes),
    ]
  })
  const mean = (over: Way, under: Way) => geometricMean(measured.map((one) => ratio(one, over, under))).toFixed(2)
  const means = ['geometric mean', '', '', mean('warm', 'plain'), '', mean('cold', 'plain'), '', '', mean('naive', 'cold')]
  const head =
    'question|plain|warm|to plain|cold|to plain|unseal + query + seal|naive|to cold|columns|read|memory plain|cold|its files'
  return table(head.split('|'), [...rows, [...means, '', '', '', '', '']])
}

function growthTable({ main, summary, growth }: Report): string {
  const all = [...growth, { measured: main, summary }].toSorted((a, b) => a.measured.factor - b.measured.factor)
  const rows = all.map(({ measured, summary: { warm, cold, worstCold } }) => {
    const total = (way: Way) => (measured.questions.reduce((sum, { ways }) => sum + (ways[way]?.total ?? 0), 0) / 1000).toFixed(1)
    const most = Math.max(...measured.questions.map(({ ways }) => (ways.cold?.peakBytes ?? 0) + (ways.cold?.fileBytes ?? 0)))
    return [
      `${measured.factor}`,
      mebibytes(measured.storedBytes),
      measured.generateSeconds.toFixed(1),
      measured.sealSeconds.toFixed(1),
      total('plain'),
      total('warm'),
      total('cold'),
      warm.toFixed(2),
      cold.toFixed(2),
      worstCold.toFixed(2),
      mebibytes(most),
    ]
  })
  const head = 'scale|stored MiB|generate s|seal s|22 plain s|warm s|cold s|warm to plain|cold to plain|worst|most memory MiB'
  return table(head.split('|'), rows)
}

function rateTable({ envelope, sealUpload, main }: Report): string {
  const openssl = envelope[0]?.rate ?? Number.NaN
  const row = (name: string, bytesPerSecond: number) => [
    name,
    (bytesPerSecond / 1e6).toFixed(0),
    (bytesPerSecond / openssl).toFixed(2),
    (bytesPerSecond / sealUpload.copy).toFixed(2),
  ]
  const rows = envelope.map(({ name, rate }) => row(name, rate))
  rows.push(
    row('plain copy of a file', sealUpload.copy),
    row('encrypt to /dev/null, one thread', sealUpload.encryptInOneThread),
    row('encrypt to /dev/null, two threads', sealUpload.encrypt),
    row('seal and upload', sealUpload.sealAndUpload),
    row('`dataset seal`, with reading and encoding', sealUpload.datasetSeal),
    row('sealing the eight tables, with sorting and encoding', main.storedBytes / main.sealSeconds),
  )
  return table(['rate', 'MB/s', 'to `openssl speed`', 'to a plain copy'], rows)
}

function runTable({ runCost: { runs, perSecond, whole, steps } }: Report): string {
  const rows = steps.map(({ step, inside, p50, p95 }) => [
    inside === 'executor' ? `executor: ${step}` : step,
    p50.toFixed(1),
    p95.toFixed(1),
    percent(p50 / whole.p50),
  ])
  const title = `${runs} small runs, one after the other, ${perSecond.toFixed(1)} a second`
  return table(
    [title, 'p50 ms', 'p95 ms', 'of the whole'],
    [['the whole run', whole.p50.toFixed(1), whole.p95.toFixed(1), ''], ...rows],
  )
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rule = head.map((_, i) => (i === 0 ? '---' : '---:'))
  return [head, rule, ...rows].map(line).join('\n')
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`
}

function mebibytes(bytes = Number.NaN): string {
  return (bytes / 2 ** 20).toFixed(0)
}

function middle(values: readonly number[]): string {
  return (values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN).toFixed(0)
}
