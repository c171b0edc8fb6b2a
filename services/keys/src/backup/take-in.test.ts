import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { refusalOf } from '@reinraum/testing'
import { expect, onTestFinished, test } from 'vitest'
import { openKeysStore } from '../store.ts'
import { takeIn } from './take-in.ts'

async function twoStores() {
  const folder = await mkdtemp(join(tmpdir(), 'reinraum-take-in-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const [here, file] = [await openKeysStore(join(folder, 'here')), join(folder, 'incoming')]
  onTestFinished(() => here.close())
  const incoming = await openKeysStore(file)
  const contract = { id: 'sha256:there', statement: new Uint8Array([1, 2]), known_since: 7 }
  await incoming.db.insertInto('contracts').values(contract).execute()
  await incoming.db.insertInto('clock').values({ id: 1, newest: 50 }).execute()
  await incoming.close()
  return { here, file, contract }
}

test('a store that has a contract is not overwritten, and one that has an identity neither', async () => {
  const { here, file } = await twoStores()
  const identity = { id: 1, wrapped_key: new Uint8Array(1), sealed: new Uint8Array(1) }
  await here.db.insertInto('identity').values(identity).execute()
  expect(await refusalOf(takeIn(here, file, new Date(9)))).toBe('conflict')
  await here.db.deleteFrom('identity').execute()
  await here.db
    .insertInto('contracts')
    .values({ id: 'sha256:here', statement: new Uint8Array(1), known_since: 1 })
    .execute()
  expect(await refusalOf(takeIn(here, file, new Date(9)))).toBe('conflict')
  expect(await here.db.selectFrom('contracts').select('id').execute()).toEqual([{ id: 'sha256:here' }])
})

test('what is looked up anyway is kept, all else is what came in, and the time never goes back', async () => {
  const { here, file, contract } = await twoStores()
  await here.db.insertInto('due_lookups').values({ contract_id: 'noted meanwhile', generation: 3 }).execute()
  await here.db.insertInto('root_key').values({ id: 1, kind: 'shares', threshold: 2, key_check: null }).execute()
  await here.db.insertInto('clock').values({ id: 1, newest: 70 }).execute()
  await takeIn(here, file, new Date(80))
  expect(await here.db.selectFrom('contracts').selectAll().execute()).toEqual([contract])
  expect(await here.db.selectFrom('root_key').selectAll().execute()).toEqual([])
  expect(await here.db.selectFrom('due_lookups').selectAll().execute()).toEqual([
    { contract_id: 'noted meanwhile', generation: 3 },
  ])
  expect(await here.db.selectFrom('clock').select('newest').execute()).toEqual([{ newest: 80 }])
})
