import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { copyFile, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sealFile } from '@reinraum/client'
import { randomBytes } from '@reinraum/crypto'
import { createEnvelopeThreads } from '@reinraum/envelope'

// Memory of sealing a file must not depend on its size: CSV → Parquet (DuckDB) → envelope → file, for files of several sizes,
// each in a process of its own. Then the same with rows counted per privacy unit, where each row is of a unit of its own: what
// that costs depends on the number of units, up to what fits; and with rows clustered by a text, which takes one reading more than
// the file has parts that can be sorted. Beside them, the same Parquet encrypted to nowhere, and the CSV copied.
// Usage: node --conditions=source e2e/bench/seal-file.ts [megabytes …]

const columns = [
  { name: 'id', type: 'BIGINT' as const },
  { name: 'day', type: 'DATE' as const },
  { name: 'text', type: 'VARCHAR' as const },
]

if (process.argv[2] === '--one') {
  const file = process.argv[3] ?? ''
  const [how, column] = process.argv.slice(4)
  const started = performance.now()
  const { length, rowCount, mostRowsPerUnit } = await sealFile({
    file,
    schema: { columns },
    target: `${file}.sealed`,
    key: randomBytes(32),
    context: randomBytes(32),
    ...(how === 'unit' && column !== undefined ? { unit: column } : {}),
    ...(how === 'clusterBy' && column !== undefined ? { clusterBy: column } : {}),
  })
  const seconds = (performance.now() - started) / 1000
  console.log(JSON.stringify({ length, rowCount, mostRowsPerUnit, seconds, peakMiB: process.resourceUsage().maxRSS / 1024 }))
} else {
  const sizes = process.argv
    .slice(2)
    .map(Number)
    .filter((size) => size > 0)
  const directory = await mkdtemp(join(tmpdir(), 'reinraum-bench-'))
  try {
    console.log('seconds, as ratios to sealing in the first columns')
    console.log('  CSV MB   sealed MB    MB/s of CSV  peak MiB   counting  peak MiB   clustered  peak MiB   encrypting      copy')
    for (const size of sizes.length > 0 ? sizes : [50, 200, 800]) {
      const file = join(directory, `${size}.csv`)
      await writeCsv(file, size * 1e6)
      const [plain, counting, clustered] = [seal(file), seal(file, 'unit', 'id'), seal(file, 'clusterBy', 'text')]
      const bytes = (await stat(file)).size
      const ratio = (seconds: number) => (seconds / plain.seconds).toFixed(2)
      const row = [bytes / 1e6, plain.length / 1e6, bytes / 1e6 / plain.seconds, plain.peakMiB].map((value) => value.toFixed(0))
      const cells = [
        ...row,
        `${ratio(counting.seconds)}${counting.mostRowsPerUnit === null ? ' (too many)' : ''}`,
        counting.peakMiB.toFixed(0),
        ratio(clustered.seconds),
        clustered.peakMiB.toFixed(0),
        ratio(await secondsOf(() => encryptToNowhere(plain.length))),
        ratio(await secondsOf(() => copyFile(file, `${file}.copy`))),
      ]
      console.log(cells.map((cell) => cell.padStart(8)).join('   '))
      await rm(`${file}.copy`)
      await rm(file)
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

interface Sealed {
  readonly length: number
  readonly seconds: number
  readonly peakMiB: number
  readonly mostRowsPerUnit?: number | null
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1000
}

/** As many bytes as there are in the sealed file; what they say does not matter to a cipher. */
async function encryptToNowhere(bytes: number): Promise<void> {
  const piece = randomBytes(1 << 20)
  async function* plaintext() {
    for (let left = bytes; left > 0; left -= piece.length) yield piece.subarray(0, left)
  }
  const threads = createEnvelopeThreads({ threads: 2 })
  for await (const _ of threads.seal(plaintext(), { key: randomBytes(32), context: randomBytes(32) }));
  await threads.close()
}

/** In a process of its own. */
function seal(file: string, ...how: readonly string[]): Sealed {
  const argv = [...process.execArgv, fileURLToPath(import.meta.url), '--one', file, ...how]
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as Sealed
}

async function writeCsv(file: string, bytes: number): Promise<void> {
  const out = createWriteStream(file)
  out.write('id,day,text\n')
  let written = 0
  for (let i = 0; written < bytes; ) {
    let block = ''
    for (const end = i + 5000; i < end; i++)
      block += `${i},2001-0${1 + (i % 9)}-1${i % 10},${Math.imul(i, 2654435761).toString(36)}${Math.imul(i, 40503).toString(36)}\n`
    written += block.length
    if (!out.write(block)) await once(out, 'drain')
  }
  out.end()
  await once(out, 'finish')
}
