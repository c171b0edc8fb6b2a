import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { inOwnMemory } from '@reinraum/local'

// `npm run bench` runs every benchmark, `npm run bench -- run-cost 50` one of them, each in a process of its own: peak memory
// is part of what is measured.
const benchmarks = [
  'envelope',
  'unseal',
  'seal-file',
  'seal-upload',
  'run-cost',
  'appraise',
  'release',
  'guard',
  'noise',
  'noisy-query',
  'tpch',
]
// with files of its own, or beside the corpora that they measure with, and the engine, which only few packages hold
const elsewhere: Readonly<Record<string, string>> = {
  tpch: './tpch/main.ts',
  guard: '../../sdk/policy/src/testing/benchmark.ts',
  'noisy-query': '../../sdk/policy/src/testing/noise-benchmark.ts',
}
// `npm run bench -- --scale 1` is the data path beside plain DuckDB.
const given = process.argv.slice(2)
const [name, ...args] = given[0]?.startsWith('--') ? ['tpch', ...given] : given
if (name !== undefined && !benchmarks.includes(name)) {
  process.stderr.write(`there is no benchmark ${name}; there are ${benchmarks.join(', ')}\n`)
  process.exit(1)
}
for (const benchmark of name === undefined ? benchmarks : [name]) {
  process.stdout.write(`\n── ${benchmark}\n`)
  const file = fileURLToPath(new URL(elsewhere[benchmark] ?? `./${benchmark}.ts`, import.meta.url))
  // As an executor is started.
  const command = ['-c', await inOwnMemory(), process.execPath, ...process.execArgv, file, ...args]
  const { status } = spawnSync('sh', command, { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
