import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { describe, expect, onTestFinished, test } from 'vitest'
import { killProcess } from '../testing/kill-process.ts'
import type { Migration } from './migrations.ts'
import { openStore, type Store } from './store.ts'

interface Tables {
  account: { name: string; balance: number; note: Uint8Array | null }
}

const accounts: Migration = {
  name: 'accounts-1',
  async up(db) {
    await db.schema
      .createTable('account')
      .addColumn('name', 'text', (c) => c.primaryKey())
      .addColumn('balance', 'integer', (c) => c.notNull().check(sql`balance >= 0`))
      .addColumn('note', 'blob')
      .execute()
  },
}

function freshFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'reinraum-store-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'data', 'store.db')
}

async function opened(file = freshFile(), migrations: readonly Migration[] = [accounts]): Promise<Store<Tables>> {
  const store = await openStore<Tables>(file, migrations)
  onTestFinished(() => store.close().catch(() => undefined))
  return store
}

const account = (name: string, balance = 1, note: Uint8Array | null = null) => ({ name, balance, note })

test('rows and bytes come back as they were written, after closing and opening', async () => {
  const file = freshFile()
  const first = await opened(file)
  await first.db
    .insertInto('account')
    .values(account('a', 5, new Uint8Array([0, 1, 255])))
    .execute()
  await first.close()
  const rows = await (await opened(file)).db.selectFrom('account').selectAll().execute()
  expect(rows.map((row) => ({ ...row, note: [...(row.note ?? [])] }))).toEqual([{ name: 'a', balance: 5, note: [0, 1, 255] }])
})

test('a transaction that throws leaves nothing', async () => {
  const store = await opened()
  const failing = store.transaction(async (trx) => {
    await trx.insertInto('account').values(account('a')).execute()
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  expect(await store.db.selectFrom('account').selectAll().execute()).toEqual([])
})

test('transactions follow each other: reading and then writing loses no update', async () => {
  const store = await opened()
  await store.db.insertInto('account').values(account('a', 0)).execute()
  await Promise.all(
    Array.from({ length: 20 }, () =>
      store.transaction(async (trx) => {
        const { balance } = await trx.selectFrom('account').select('balance').executeTakeFirstOrThrow()
        await sleep(1)
        await trx
          .updateTable('account')
          .set({ balance: balance + 1 })
          .execute()
      }),
    ),
  )
  expect(await store.db.selectFrom('account').select('balance').executeTakeFirst()).toEqual({ balance: 20 })
})

test('what a transaction has not committed is not read outside of it', async () => {
  const store = await opened()
  const { promise: written, resolve } = Promise.withResolvers<void>()
  const writing = store.transaction(async (trx) => {
    await trx.insertInto('account').values(account('a')).execute()
    resolve()
    await sleep(50)
    throw new Error('rolled back')
  })
  await written
  expect(await store.db.selectFrom('account').selectAll().execute()).toEqual([])
  await expect(writing).rejects.toThrow('rolled back')
})

test('using the store inside a transaction fails instead of waiting for itself', async () => {
  const store = await opened()
  const outside = store.transaction(() => store.db.selectFrom('account').selectAll().execute())
  await expect(outside).rejects.toThrow('only its own handle')
  const nested = store.transaction(() => store.transaction(async () => undefined))
  await expect(nested).rejects.toThrow('only its own handle')
})

test('a second row under the same key is `already-exists`, any other refusal `internal`, and no SQL is told', async () => {
  const store = await opened()
  await store.db.insertInto('account').values(account('canary')).execute()
  const again = await store.db
    .insertInto('account')
    .values(account('canary'))
    .execute()
    .catch((e: unknown) => e)
  expect(again).toMatchObject({ code: 'already-exists' })
  const negative = await store.db
    .insertInto('account')
    .values(account('b', -1))
    .execute()
    .catch((e: unknown) => e)
  expect(negative).toMatchObject({ code: 'internal' })
  expect(`${again} ${negative}`).not.toMatch(/canary|account|balance/)
})

test('a full disk is `storage-full` and leaves the store usable', async () => {
  const store = await opened()
  await sql`pragma max_page_count = 20`.execute(store.db)
  const big = store.transaction(async (trx) => {
    await trx
      .insertInto('account')
      .values(account('big', 1, new Uint8Array(1 << 20)))
      .execute()
  })
  await expect(big).rejects.toMatchObject({ code: 'storage-full' })
  await store.db.insertInto('account').values(account('small')).execute()
  expect(await store.db.selectFrom('account').select('name').execute()).toEqual([{ name: 'small' }])
})

test('migrations run once, in order; a failing one leaves nothing', async () => {
  const file = freshFile()
  const ran: string[] = []
  const step = (name: string, fail = false): Migration => ({
    name,
    async up(db) {
      ran.push(name)
      await sql.raw(`create table ${name} (x)`).execute(db)
      if (fail) throw new Error('broken')
    },
  })
  await (await opened(file, [step('one')])).close()
  await expect(openStore(file, [step('one'), step('two', true)])).rejects.toThrow('broken')
  await (await opened(file, [step('one'), step('two')])).close()
  expect(ran).toEqual(['one', 'two', 'two'])
})

test('a database of a newer version is not touched', async () => {
  const file = freshFile()
  await (await opened(file, [accounts, { name: 'later', up: async () => undefined }])).close()
  await expect(openStore(file, [accounts])).rejects.toMatchObject({ code: 'unsupported' })
})

test('the database is readable by its owner only, and each commit reaches the disk', async () => {
  const file = freshFile()
  const store = await opened(file)
  await store.db.insertInto('account').values(account('a')).execute()
  for (const suffix of ['', '-wal', '-shm']) expect(statSync(file + suffix).mode & 0o077).toBe(0)
  const pragma = async (name: string) =>
    Object.values((await sql.raw<Record<string, unknown>>(`pragma ${name}`).execute(store.db)).rows[0] ?? {})[0]
  expect(await pragma('journal_mode')).toBe('wal')
  expect(await pragma('synchronous')).toBe(2)
  expect(await pragma('foreign_keys')).toBe(1)
})

test('what was committed before kill -9 is there afterwards, what was not is not', async () => {
  const file = freshFile()
  await (await opened(file)).close()
  const child = spawn(
    process.execPath,
    [
      '--conditions=source',
      '--disable-warning=ExperimentalWarning',
      join(import.meta.dirname, '../testing/store-child.ts'),
      file,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const acknowledged: number[] = []
  let buffered = ''
  child.stdout.on('data', (text: Buffer) => {
    buffered += text.toString()
    const lines = buffered.split('\n')
    buffered = lines.pop() ?? ''
    acknowledged.push(...lines.map(Number))
  })
  await expect.poll(() => acknowledged.length).toBeGreaterThan(20)
  await killProcess(child)
  const rows = await (await opened(file)).db.selectFrom('account').selectAll().execute()
  const names = new Set(rows.map((row) => row.name))
  for (const number of acknowledged) {
    expect(names.has(`${number}-first`) && names.has(`${number}-second`)).toBe(true)
  }
  expect(rows.length % 2).toBe(0)
})

test('a store that a service has to itself opens for nobody else until it is closed', async () => {
  const file = freshFile()
  const alone = await openStore<Tables>(file, [accounts], { exclusive: true })
  for (const sharing of [{ exclusive: true }, {}]) {
    await expect(openStore(file, [accounts], sharing)).rejects.toMatchObject({ code: 'unavailable' })
  }
  await alone.db.insertInto('account').values(account('a')).execute()
  await alone.close()
  expect(await (await opened(file)).db.selectFrom('account').select('name').execute()).toEqual([{ name: 'a' }])
})

describe('a copy', () => {
  test('holds what was committed, and nothing of what was deleted', async () => {
    const file = freshFile()
    const store = await opened(file)
    await store.db
      .insertInto('account')
      .values([account('a', 5), account('canary')])
      .execute()
    await store.db.deleteFrom('account').where('name', '=', 'canary').execute()
    await store.copyTo(`${file}.copy`)
    await store.db.insertInto('account').values(account('later')).execute()
    expect(statSync(`${file}.copy`).mode & 0o777).toBe(0o600)
    expect(readFileSync(`${file}.copy`).includes('canary')).toBe(false)
    const copy = await opened(`${file}.copy`)
    expect(await copy.db.selectFrom('account').select(['name', 'balance']).execute()).toEqual([{ name: 'a', balance: 5 }])
  })

  test('waits for the transaction in progress', async () => {
    const file = freshFile()
    const store = await opened(file)
    const writing = store.transaction(async (trx) => {
      await trx.insertInto('account').values(account('a')).execute()
      await sleep(20)
      await trx.insertInto('account').values(account('b')).execute()
    })
    await Promise.all([writing, store.copyTo(`${file}.copy`)])
    const copy = await opened(`${file}.copy`)
    expect(await copy.db.selectFrom('account').select('name').execute()).toEqual([{ name: 'a' }, { name: 'b' }])
  })

  test('never replaces a file, and one that fails leaves none', async () => {
    const file = freshFile()
    const store = await opened(file)
    await store.copyTo(`${file}.copy`)
    const before = readFileSync(`${file}.copy`)
    await expect(store.copyTo(`${file}.copy`)).rejects.toMatchObject({ code: 'already-exists' })
    expect(readFileSync(`${file}.copy`)).toEqual(before)
    await store.db
      .insertInto('account')
      .values(account('big', 1, new Uint8Array(100_000)))
      .execute()
    await store.close()
    // The pages of the large note.
    writeFileSync(file, readFileSync(file).fill(0x55, 40_000))
    const damaged = await opened(file)
    await expect(damaged.copyTo(`${file}.other`)).rejects.toMatchObject({ code: 'internal' })
    expect(existsSync(`${file}.other`)).toBe(false)
  })
})
