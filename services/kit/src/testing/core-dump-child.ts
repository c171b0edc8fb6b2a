import { readFile } from 'node:fs/promises'
import { forbidCoreDumps } from '../lifecycle/forbid-core-dumps.ts'

try {
  await forbidCoreDumps()
  process.stdout.write(`filter ${(await readFile('/proc/self/coredump_filter', 'utf8')).trim()}\n`)
} catch (error) {
  process.stdout.write(`${(error as { code: string }).code}\n`)
}
