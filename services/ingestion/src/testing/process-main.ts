import { openObjectFolder } from '@reinraum/kit'
import { createRpcServer } from '@reinraum/rpc'
import { ingestionLimits } from '../ingestion.ts'
import { resumeCommits } from '../resume-commits.ts'
import { portsOf } from '../service.ts'
import { openIngestionStore } from '../store.ts'
import { createTurns } from '../turns.ts'

/** The service without its bus in a process of its own: one that a test can kill, and limit in what it may write. */
const [folder = '', ca = '', cert = '', key = ''] = process.argv.slice(2)
const store = await openIngestionStore(`${folder}/ingestion.db`)
const objects = await openObjectFolder(`${folder}/objects`)
const ingestion = { store, objects, turns: createTurns(), limits: ingestionLimits, now: () => new Date() }
await resumeCommits(ingestion)
const { parties, services } = portsOf(ingestion)
const tls = { ca: Buffer.from(ca), cert: Buffer.from(cert), key: Buffer.from(key) }
const common = { address: '127.0.0.1:0', tls, name: 'ingestion' }
const open = [
  await createRpcServer({ ...common, ...parties, audience: 'parties' }),
  await createRpcServer({ ...common, ...services, audience: 'services' }),
]
process.stdout.write(`${JSON.stringify(open.map(({ port }) => port))}\n`)
