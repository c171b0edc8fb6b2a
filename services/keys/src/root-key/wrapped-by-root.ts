import { zeroise } from '@reinraum/crypto'
import type { Transaction } from '@reinraum/kit'
import { sql } from 'kysely'
import type { KeysDatabase } from '../store.ts'
import type { RootKey } from './root-key.ts'

type Column = { [T in keyof KeysDatabase]: { readonly table: T; readonly column: keyof KeysDatabase[T] } }[keyof KeysDatabase]

/** Every column of the store whose bytes the root key wraps. What is missing here is lost with the next root key. */
export const wrappedByRoot: readonly Column[] = [
  { table: 'identity', column: 'wrapped_key' },
  { table: 'wrapping_keys', column: 'wrapped' },
  { table: 'import_keys', column: 'wrapped_key' },
  { table: 'workload_authorities', column: 'wrapped_key' },
]

/**
 * Wraps all of it under another root key.
 * @throws ReinraumError `decryption-failed` for bytes that the present root key does not open; nothing is lost by silence
 */
export async function rewrapStore(trx: Transaction<KeysDatabase>, from: RootKey, to: RootKey): Promise<void> {
  for (const { table, column } of wrappedByRoot) {
    const [rows, name] = [sql.table(table), sql.ref(column)]
    const old = await sql<{
      wrapped: Uint8Array
    }>`select distinct ${name} as wrapped from ${rows} where ${name} is not null`.execute(trx)
    for (const { wrapped } of old.rows) {
      // Each wrapped key is random, so that its bytes name its row.
      await sql`update ${rows} set ${name} = ${await rewrap(wrapped, from, to)} where ${name} = ${wrapped}`.execute(trx)
    }
  }
}

async function rewrap(wrapped: Uint8Array, from: RootKey, to: RootKey): Promise<Uint8Array> {
  const key = await from.unwrap(wrapped)
  try {
    return await to.wrap(key)
  } finally {
    zeroise(key)
  }
}
