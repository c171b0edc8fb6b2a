import { ReinraumError } from '@reinraum/crypto'
import type { Store } from '@reinraum/kit'
import { sql } from 'kysely'
import { rememberTime } from '../clock.ts'
import type { KeysDatabase, KeysTransaction } from '../store.ts'
import { isUnused } from './unused-store.ts'

/** What was noted here while the backup waited: looking revocations up once too often does no harm. */
const kept: readonly string[] = ['due_lookups'] satisfies readonly (keyof KeysDatabase)[]

/**
 * Fills an open store that holds no keys yet with all that another database of the same migrations holds, in one transaction.
 * The file cannot be exchanged beneath a service that has it open.
 * @throws ReinraumError `conflict` when the store has keys, `storage-full`
 */
export async function takeIn(store: Store<KeysDatabase>, file: string, now: Date): Promise<void> {
  await sql`attach ${file} as incoming`.execute(store.db)
  try {
    await store.transaction(async (trx) => {
      if (!(await isUnused(trx))) throw new ReinraumError('conflict', 'this key service has keys already')
      // Tables come in whatever order.
      await sql`pragma defer_foreign_keys = on`.execute(trx)
      for (const table of await namesOf(trx, sql`select name from incoming.sqlite_schema where type = 'table'`))
        if (!table.startsWith('sqlite_')) await takeTable(trx, table)
      await rememberTime(trx, now)
    })
  } finally {
    await sql`detach incoming`.execute(store.db)
  }
}

async function takeTable(trx: KeysTransaction, table: string): Promise<void> {
  const columns = await namesOf(trx, sql`select name from pragma_table_info(${table}, 'incoming')`)
  const list = sql.join(columns.map((column) => sql.id(column)))
  if (!kept.includes(table)) await sql`delete from ${sql.id('main', table)}`.execute(trx)
  await sql`insert or ignore into ${sql.id('main', table)} (${list}) select ${list} from ${sql.id('incoming', table)}`.execute(
    trx,
  )
}

async function namesOf(trx: KeysTransaction, query: ReturnType<typeof sql>): Promise<readonly string[]> {
  return ((await query.execute(trx)).rows as readonly { readonly name: string }[]).map(({ name }) => name)
}
