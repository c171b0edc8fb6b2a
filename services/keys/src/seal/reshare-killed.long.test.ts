import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { reshareBy, twoOfThree, unsealBy } from '../testing/ceremony.ts'
import { startKeyServiceProcess } from '../testing/key-service-process.ts'
import { startRoom } from '../testing/room.ts'
import { createWrappingKey, useWrappingKey } from '../wrapping-key.ts'

const rows = 400
const rounds = 12

test('a service that is killed while it reshares has the old shares and the old keys, or the new ones, and never some of each', async () => {
  const room = await startRoom(twoOfThree)
  const { store, root, identity } = room.shared.vault
  const place = (slot: string) => ({ v: 'a test', slot })
  const slots = Array.from({ length: rows }, (_, index) => `slot-${index}`)
  const contract = { id: 'sha256:none', statement: new Uint8Array(1), known_since: 0 }
  await store.db.insertInto('contracts').values(contract).execute()
  for (const slot of slots) {
    const wrapped = await createWrappingKey(root, place(slot))
    const row = { contract_id: contract.id, slot, version: 1, suite: 'as ever', seals: 'as ever', wrapped, created_at: 0 }
    await store.db.insertInto('wrapping_keys').values(row).execute()
  }
  const { publicKeysJson } = identity
  const checkOf = async () =>
    (await room.shared.vault.store.db.selectFrom('root_key').select('key_check').executeTakeFirstOrThrow()).key_check
  const ends = { old: 0, new: 0 }
  for (let round = 0; round < rounds; round += 1) {
    const before = await checkOf()
    const running = await startKeyServiceProcess(room)
    await unsealBy(running.room, 'air', 'bird')
    const asked = reshareBy(running.room, 'air', 'bird')
    const settled = asked.then(
      () => undefined,
      () => undefined,
    )
    await sleep(round * 25)
    await running.kill()
    await settled

    await room.restartShared()
    await unsealBy(room, round % 2 === 0 ? 'air' : 'officer', 'bird')
    const { vault } = room.shared
    expect(vault.identity.publicKeysJson).toEqual(publicKeysJson)
    for (const { slot, wrapped } of await vault.store.db.selectFrom('wrapping_keys').selectAll().execute())
      await useWrappingKey(vault.root, wrapped, place(slot), (key) => expect(key).toHaveLength(32))
    ends[Buffer.compare((await checkOf()) ?? new Uint8Array(), before ?? new Uint8Array()) === 0 ? 'old' : 'new'] += 1
  }
  console.info(`killed in ${rounds} rounds: ${ends.old} ended as before, ${ends.new} with new shares`)
  expect(ends.old).toBeGreaterThan(0)
  expect(ends.new).toBeGreaterThan(0)
  await room.stop()
}, 300_000)
