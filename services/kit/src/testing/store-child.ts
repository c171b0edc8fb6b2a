import { sql } from 'kysely'
import { openStore } from '../store/store.ts'

// Writes pairs of rows until it is killed, and says after each commit which pair it was.
const store = await openStore(process.argv[2] ?? '', [{ name: 'accounts-1', up: async () => undefined }])
for (let i = 0; ; i++) {
  await store.transaction(async (trx) => {
    await sql`insert into account (name, balance) values (${`${i}-first`}, 1)`.execute(trx)
    await new Promise((resolve) => setImmediate(resolve))
    await sql`insert into account (name, balance) values (${`${i}-second`}, 1)`.execute(trx)
  })
  process.stdout.write(`${i}\n`)
}
