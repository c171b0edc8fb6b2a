import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sealFile } from '@reinraum/client'
import { randomBytes } from '@reinraum/crypto'

// Memory of sealing a file must not depend on its size: CSV → Parquet (DuckDB) → envelope → file, for files of several sizes,
// each in a process of its own. Then the same with rows counted per privacy unit, where each row is of a unit of its own: what
// that costs depends on the number of units, up to what fits. Usage: node --conditions=source e2e/bench/seal-file.ts [megabytes …]

const columns = [
  { name: 'id', type: 'BIGINT' as const },
  { name: 'day', type: 'DATE' as const },
  { name: 'text', type: 'VARCHAR' as const },
]

if (process.argv[2] === '--one') {
  const file = process.argv[3] ?? ''
  const unit = process.argv[4]
  const started = performance.now()
  const { length, rowCount, mostRowsPerUnit } = await sealFile({
    file,
    schema: { columns },
    target: `${file}.sealed`,
    key: randomBytes(32),
    context: randomBytes(32),
    ...(unit === undefined ? {} : { unit }),
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
    console.log('CSV MB   sealed MB   MB/s of CSV   peak MiB   counting: ratio   peak MiB')
    for (const size of sizes.length > 0 ? sizes : [50, 200, 800]) {
      const file = join(directory, `${size}.csv`)
      await writeCsv(file, size * 1e6)
      const [plain, counting] = [seal(file), seal(file, 'id')]
      const bytes = (await stat(file)).size
      const row = [bytes / 1e6, plain.length / 1e6, bytes / 1e6 / plain.seconds, plain.peakMiB]
      const ratio = `${(counting.seconds / plain.seconds).toFixed(2)}${counting.mostRowsPerUnit === null ? ' (too many)' : ''}`
      const cells = [...row.map((value) => value.toFixed(0)), ratio, counting.peakMiB.toFixed(0)]
      console.log(cells.map((cell) => cell.padStart(8)).join('    '))
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

/** In a process of its own. */
function seal(file: string, ...unit: readonly string[]): Sealed {
  const argv = [...process.execArgv, fileURLToPath(import.meta.url), '--one', file, ...unit]
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
