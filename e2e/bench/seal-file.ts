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
// each in a process of its own. Usage: node --conditions=source e2e/bench/seal-file.ts [megabytes …]

const columns = [
  { name: 'id', type: 'BIGINT' as const },
  { name: 'day', type: 'DATE' as const },
  { name: 'text', type: 'VARCHAR' as const },
]

if (process.argv[2] === '--one') {
  const file = process.argv[3] ?? ''
  const started = performance.now()
  const { length, rowCount } = await sealFile({
    file,
    schema: { columns },
    target: `${file}.sealed`,
    key: randomBytes(32),
    context: randomBytes(32),
  })
  const seconds = (performance.now() - started) / 1000
  console.log(JSON.stringify({ length, rowCount, seconds, peakMiB: process.resourceUsage().maxRSS / 1024 }))
} else {
  const sizes = process.argv
    .slice(2)
    .map(Number)
    .filter((size) => size > 0)
  const directory = await mkdtemp(join(tmpdir(), 'reinraum-bench-'))
  try {
    console.log('CSV MB   sealed MB   MB/s of CSV   peak MiB')
    for (const size of sizes.length > 0 ? sizes : [50, 200, 800]) {
      const file = join(directory, `${size}.csv`)
      await writeCsv(file, size * 1e6)
      const one = spawnSync(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), '--one', file], {
        encoding: 'utf8',
      })
      if (one.status !== 0) throw new Error(one.stderr)
      const { length, seconds, peakMiB } = JSON.parse(one.stdout) as { length: number; seconds: number; peakMiB: number }
      const bytes = (await stat(file)).size
      const row = [bytes / 1e6, length / 1e6, bytes / 1e6 / seconds, peakMiB].map((value) => value.toFixed(0).padStart(8))
      console.log(row.join('    '))
      await rm(file)
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
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
