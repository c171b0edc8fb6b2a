import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { createLog } from '@reinraum/kit'
import { parseStatement, publicKeysOf } from '@reinraum/statements'
import { expect } from 'vitest'
import { forgetOldPages } from '../administration/erase.ts'
import { openDataKey } from '../data-keys.ts'
import { closeKeyService, openKeyService } from '../service.ts'
import type { Vault } from '../vault.ts'
import { agreeAndImport, type Dataset, importDataset, sealDataset } from './agreement.ts'
import { startRoom } from './room.ts'

const child = join(import.meta.dirname, 'administration-child.ts')
const datasetsInSlot = 6

/** Numbers from 0 to 1 that a seed fixes (Mulberry32). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Kills a process with -9 while it rewraps and erases, so many times, and looks at what it leaves behind. */
export async function killWhileErasing(rounds: number, seed: number): Promise<void> {
  const random = seeded(seed)
  const room = await startRoom({ shared: () => ({ minimumDestructionDelayMs: 0 }) })
  const agreement = await agreeAndImport(room)
  const datasets = [agreement.datasets[0] ?? expect.fail()]
  for (let version = 2; version <= datasetsInSlot; version += 1) {
    const dataset = await sealDataset(agreement, 'strikes', (manifest) => ({ ...manifest, version }))
    await importDataset(agreement, dataset)
    datasets.push(dataset)
  }
  const rows = await room.shared.vault.store.db.selectFrom('wrapping_keys').selectAll().where('slot', '=', 'strikes').execute()
  const firstWrapped = Buffer.from(rows[0]?.wrapped ?? expect.fail())
  const { config } = room.shared
  await room.shared.stop()
  let killedInTheMiddle = 0
  for (let round = 0; round < rounds; round += 1) {
    const data = join(room.folder, `killed-${round}`)
    await cp(config.data, data, { recursive: true })
    const start = {
      config: { ...config, data },
      owner: publicKeysOf(room.parties.bird).signing.ed25519,
      contractId: agreement.id,
      slot: 'strikes',
      manifests: datasets.slice(1).map(({ manifestId }) => manifestId),
    }
    const acknowledged = await runAndKill(JSON.stringify(start), random() * 400)
    if (acknowledged.length < datasetsInSlot - 1) killedInTheMiddle += 1
    const kit = {
      log: createLog({ level: 'error' }),
      tls: room.authority.issue('127.0.0.1'),
      dataPath: (name: string) => join(data, name),
    }
    const service = await openKeyService({ ...config, data }, kit, room.clock)
    const destroyed = await requireWhole(service.opened(), datasets, acknowledged)
    await forgetOldPages(service.site.store)
    if (destroyed > 0) expect(await onDisk(data, firstWrapped)).toBe(false)
    await closeKeyService(service)
  }
  expect(killedInTheMiddle).toBeGreaterThan(0)
  await room.stop()
}

/** @returns the dataset versions that the process said it had destroyed */
async function runAndKill(start: string, afterMs: number): Promise<string[]> {
  const execArgv = ['--conditions=source', '--disable-warning=ExperimentalWarning']
  const running = spawn(process.execPath, [...execArgv, child, start], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(running, 'exit')
  const said: string[] = []
  const lines = createInterface(running.stdout)
  lines.on('line', (line) => said.push(line))
  await Promise.race([once(lines, 'line'), ended])
  expect(said[0]).toBe('started')
  await sleep(afterMs)
  running.kill('SIGKILL')
  await ended
  return said.slice(1)
}

/** Every key is there and opens, or is destroyed and recorded so, and no wrapping key is left over or missing. */
async function requireWhole(vault: Vault, datasets: readonly Dataset[], acknowledged: readonly string[]): Promise<number> {
  return vault.store.transaction(async (trx) => {
    const rows = await trx.selectFrom('data_keys').selectAll().where('slot', '=', 'strikes').execute()
    const ended = await trx.selectFrom('destructions').selectAll().execute()
    const gone = ended.filter(({ destroyed_at }) => destroyed_at !== null).map(({ manifest_id }) => manifest_id)
    const there = rows.map(({ manifest_id }) => manifest_id)
    expect([...there, ...gone].sort()).toEqual(datasets.map(({ manifestId }) => manifestId).sort())
    expect(gone).toEqual(expect.arrayContaining([...acknowledged]))
    for (const row of rows) {
      const dataset = datasets.find(({ manifestId }) => manifestId === row.manifest_id)
      expect(await openDataKey(vault, trx, row)).toEqual(dataset?.dataKey)
    }
    const wrapping = await trx.selectFrom('wrapping_keys').selectAll().where('slot', '=', 'strikes').orderBy('version').execute()
    const used = new Set(rows.map(({ wrapping_version }) => wrapping_version))
    expect(wrapping.slice(0, -1).filter(({ version }) => !used.has(version))).toEqual([])
    const acts = await trx.selectFrom('administration').selectAll().orderBy('sequence').execute()
    const documents = acts.map(({ statement }) => parseStatement(statement).document)
    const recorded = documents.flatMap((one) =>
      one.kind === 'reinraum/administration/v1' && one.act.type === 'key-destroyed' ? [one.act.manifest] : [],
    )
    expect(recorded.sort()).toEqual(gone.sort())
    return gone.length
  })
}

async function onDisk(folder: string, bytes: Buffer): Promise<boolean> {
  const contents = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name))))
  return contents.some((content) => content.includes(bytes))
}
