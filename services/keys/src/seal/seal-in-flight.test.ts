import { setTimeout as sleep } from 'node:timers/promises'
import { isReinraumError, ReinraumError } from '@reinraum/crypto'
import { refusalOf } from '@reinraum/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { memoryRootKey } from '../root-key/memory-root-key.ts'
import { unattended } from '../root-key/unattended.ts'
import { agreeAndImport } from '../testing/agreement.ts'
import { bundleOf, outcomeName, requestOf } from '../testing/attempt.ts'
import { sealAsAdministrator, twoOfThree, unsealBy } from '../testing/ceremony.ts'
import { type Room, startRoom } from '../testing/room.ts'
import { createWrappingKey, useWrappingKey } from '../wrapping-key.ts'
import { startKeyService } from './key-service.ts'

let room: Room
beforeAll(async () => {
  room = await startRoom(twoOfThree)
})
afterAll(() => room.stop())

const place = { v: 'a test' }

test('what is in flight ends with its keys, nothing else begins, and then the keys are overwritten', async () => {
  const { service } = room.shared
  const { identity, root } = service.opened()
  const wrapped = await createWrappingKey(root, place)
  const gate = Promise.withResolvers<void>()
  let sealed = false
  const working = service.use(async (vault) => {
    await gate.promise
    return useWrappingKey(vault.root, wrapped, place, (key) => key.some((byte) => byte !== 0))
  })
  const sealing = service.seal().then(() => {
    sealed = true
  })
  await sleep(30)
  expect(service.isSealed()).toBe(true)
  expect(await refusalOf(service.use(async () => 'too late'))).toBe('sealed')
  expect(sealed).toBe(false)
  expect(identity.hpkePrivateKey.some((byte) => byte !== 0)).toBe(true)
  gate.resolve()
  expect(await working).toBe(true)
  await sealing
  expect(identity.hpkePrivateKey.every((byte) => byte === 0)).toBe(true)
  expect(await refusalOf(root.unwrap(wrapped))).toBe('sealed')
  await unsealBy(room, 'air', 'bird')
})

test('the bytes of a root key are overwritten when it closes, and nothing is wrapped under what is left', async () => {
  const key = new Uint8Array(32).fill(9)
  const root = memoryRootKey('shares', key)
  root.close()
  expect(key).toEqual(new Uint8Array(32))
  expect(await refusalOf(root.wrap(new Uint8Array(32)))).toBe('sealed')
})

test('releases that an administrator seals away are done in full or not at all', async () => {
  const agreement = await agreeAndImport(room)
  const bundles = await Promise.all(Array.from({ length: 5 }, () => bundleOf(agreement)))
  const requests = []
  for (const bundle of bundles) requests.push((await requestOf(agreement, room.shared, bundle)).request)
  const executor = room.shared.from('executor')
  const answers = requests.map((request) =>
    executor.releaseKeys(request).then(outcomeName, (error: unknown) => (isReinraumError(error) ? error.code : 'internal')),
  )
  await answers[0]
  await sealAsAdministrator(room)
  const outcomes = await Promise.all(answers)
  expect(outcomes.filter((outcome) => outcome !== 'released' && outcome !== 'sealed')).toEqual([])
  const released = outcomes.filter((outcome) => outcome === 'released').length
  const { db } = room.shared.service.site.store
  const log = await db.selectFrom('releases').selectAll().where('contract_id', '=', agreement.id).execute()
  expect(log.map(({ decision }) => decision)).toEqual(Array.from({ length: released }, () => 'released'))
  const runs = bundles.map(({ runId }) => runId)
  expect(await db.selectFrom('leases').select('run_id').where('run_id', 'in', runs).execute()).toHaveLength(released)
  await unsealBy(room, 'bird', 'officer')
})

test('a root key that cannot be reached any more seals the service', async () => {
  const { store, log } = room.airs.service.site
  expect(await store.db.selectFrom('identity').select('id').execute()).toHaveLength(1)
  const { opened } = room.airs.service
  const { root } = opened()
  let reachable = true
  const flaky = {
    ...unattended,
    kind: 'file' as const,
    create: async () => root,
    open: async () => ({
      ...root,
      close: () => {},
      unwrap: async (wrapped: Uint8Array) => {
        if (!reachable) throw new ReinraumError('unavailable', 'the token was pulled out')
        return root.unwrap(wrapped)
      },
    }),
  }
  const service = await startKeyService({ ...room.airs.service.site, log }, { configured: flaky, former: undefined })
  const changes: boolean[] = []
  service.onChange((sealed) => changes.push(sealed))
  const wrapped = await createWrappingKey(service.opened().root, place)
  reachable = false
  expect(await refusalOf(service.use((vault) => vault.root.unwrap(wrapped)))).toBe('unavailable')
  await expect.poll(() => service.isSealed()).toBe(true)
  expect(changes).toEqual([true])
  expect(await refusalOf(service.use(async () => 'nothing'))).toBe('sealed')
  await service.close()
})
