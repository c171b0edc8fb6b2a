import { ReinraumError } from '@reinraum/crypto'
import { type Kysely, sql } from 'kysely'

export interface Migration {
  /** unique, never changed once released */
  readonly name: string
  up(db: Kysely<unknown>): Promise<void>
}

/** Runs what has not run yet, each in a transaction of its own, in the order given. */
export async function migrate<DB>(db: Kysely<DB>, migrations: readonly Migration[]): Promise<void> {
  await sql`create table if not exists migration (name text primary key, applied_at text not null)`.execute(db)
  const applied = await sql<{ name: string }>`select name from migration`.execute(db)
  const done = new Set(applied.rows.map(({ name }) => name))
  const known = new Set(migrations.map(({ name }) => name))
  for (const name of done) {
    if (!known.has(name)) throw new ReinraumError('unsupported', 'the database was written by a newer version')
  }
  for (const migration of migrations) {
    if (done.has(migration.name)) continue
    await db.transaction().execute(async (trx) => {
      await migration.up(trx as unknown as Kysely<unknown>)
      await sql`insert into migration (name, applied_at) values (${migration.name}, ${new Date().toISOString()})`.execute(trx)
    })
  }
}
