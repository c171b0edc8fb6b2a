import { createWriteStream } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { getHeapSnapshot } from 'node:v8'
import { isReinraumError } from '@reinraum/crypto'
import { createLog } from '@reinraum/kit'
import { restoreAuthority } from '@reinraum/pki'
import { KeyReleaseService, KeysService } from '@reinraum/proto'
import { openServicePorts } from '@reinraum/testing'
import { sql } from 'kysely'
import { storeName } from '../backup/backup-files.ts'
import { keysConfigSchema } from '../config.ts'
import type { KeyService } from '../seal/key-service.ts'
import { openKeyService, portsOf } from '../service.ts'
import { countStatements, dieAfter, statementsRun } from './die-at-statement.ts'

// Key services in a process of their own, without their bus: for tests that kill it, set its clock, or look into it from outside.

export interface ChildStart {
  /** of one key service, or of several; the first of them is who is asked for anything but the time of death */
  readonly configs: readonly unknown[]
  readonly authority: { readonly ca: string; readonly key: string }
}

export type ChildRequest =
  | { readonly snapshot: string }
  | { readonly seal: true }
  /** somebody sets the machine's clock by so many ms */
  | { readonly step: number }
  /** so many ms pass */
  | { readonly pass: number }
  /** behind the back of the service; in one transaction */
  | { readonly sql: readonly string[] }
  /** kill -9 after so many more statements of SQL, of the key service in this place or of all; null only counts them */
  | { readonly dieAfter: number | null; readonly of?: number }
  | { readonly statementsRun: true }
  /** what was compiled until now is kept for the next process */
  | { readonly compiled: true }

export interface Addresses {
  readonly parties: string
  readonly services: string
}

export type ChildAnswer =
  | { readonly addresses: readonly Addresses[] }
  /** the code and the sentence with which it did not start */
  | { readonly refused: string; readonly message: string }
  /** the rows of each statement */
  | { readonly rows: readonly (readonly Record<string, unknown>[])[] }
  | { readonly statements: number }
  | { readonly done: true }

const clock = { stepped: 0, passed: 0 }
const sources = {
  wall: () => Date.now() + clock.passed + clock.stepped,
  monotonic: () => performance.now() + clock.passed,
}

process.once('message', (start: ChildStart) => void serve(start))

async function serve(start: ChildStart): Promise<void> {
  const authority = restoreAuthority({ ca: Buffer.from(start.authority.ca), key: Buffer.from(start.authority.key) })
  if (authority === undefined) throw new Error('the authority is too old')
  const services: KeyService[] = []
  const addresses: Addresses[] = []
  for (const given of start.configs) {
    const config = keysConfigSchema.parse(given)
    const tls = authority.issue(`spiffe://reinraum/${config.id}`, '127.0.0.1')
    const kit = { log: createLog(config.log, config.id), tls, dataPath: (name: string) => join(config.data, name) }
    const service = await openKeyService(config, kit, sources).catch((error: unknown) => {
      if (!isReinraumError(error)) throw error
      answer({ refused: error.code, message: error.message })
      return undefined
    })
    if (service === undefined) return process.disconnect()
    const called = { parties: KeysService, services: KeyReleaseService }
    addresses.push((await openServicePorts({ id: config.id, authority, ports: portsOf(service), called })).addresses)
    services.push(service)
  }
  process.on('message', async (request: ChildRequest) => answer(await perform(services, request)))
  // A test that ended without stopping this has failed already.
  process.on('disconnect', () => process.exit(1))
  answer({ addresses })
}

async function perform(services: readonly KeyService[], request: ChildRequest): Promise<ChildAnswer> {
  const [service] = services
  if (service === undefined) throw new Error('no key service runs here')
  if ('sql' in request) return { rows: await runAll(service, request.sql) }
  if ('statementsRun' in request) return { statements: statementsRun() }
  if ('seal' in request) await service.seal()
  else if ('snapshot' in request) await pipeline(getHeapSnapshot(), createWriteStream(request.snapshot))
  else if ('step' in request) clock.stepped += request.step
  else if ('pass' in request) clock.passed += request.pass
  else if ('compiled' in request) flushCompileCache()
  else dieOrCount(services, request)
  return { done: true }
}

function dieOrCount(services: readonly KeyService[], { dieAfter: statements, of }: { dieAfter: number | null; of?: number }) {
  const folder = of === undefined ? undefined : dirname(services[of]?.site.dataPath(storeName) ?? '')
  if (statements === null) countStatements(folder)
  else dieAfter(statements, folder)
}

function runAll({ site }: KeyService, statements: readonly string[]) {
  return site.store.transaction(async (trx) => {
    const rows: Record<string, unknown>[][] = []
    for (const statement of statements) rows.push((await sql.raw<Record<string, unknown>>(statement).execute(trx)).rows)
    return rows
  })
}

function answer(message: ChildAnswer): void {
  process.send?.(message)
}
