import { openEngine } from '../engine/instance.ts'
import { functionsOf, nodesOfLibrary } from './engine-names.ts'
import { judgementsPath, readJudgements, unjudged } from './judgements.ts'

// Compares the installed DuckDB with what was judged for its version, and fails if anything is new. For a new version,
// copy the file of the last one to the name that this says, and add a line for each name that it then lists: read what
// the function does, and refuse what is not needed.

const engine = await openEngine()
const [version, functions] = await engine.use(async (connection) => {
  const reader = await connection.runAndReadAll('SELECT version()')
  return [String(reader.getRows()[0]?.[0]), await functionsOf(connection)] as const
})
engine.close()

const judgements = readJudgements(version)
const open = unjudged([...functions, ...nodesOfLibrary()], judgements ?? new Map())
if (judgements === undefined) process.stderr.write(`nobody judged ${version}: there is no ${judgementsPath(version)}\n`)
for (const name of open) process.stderr.write(`not judged: ${name}\n`)
if (judgements === undefined || open.length > 0) process.exitCode = 1
else process.stdout.write(`${version}: all ${functions.length} functions and all nodes are judged\n`)
