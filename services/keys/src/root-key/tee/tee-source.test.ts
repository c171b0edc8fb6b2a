import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createSimulatedPlatform, simulatedDerivedKey } from '@reinraum/attestation'
import { SealService } from '@reinraum/proto'
import { refusalOf } from '@reinraum/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { agreeAndImport } from '../../testing/agreement.ts'
import { bundleOf, outcomeOf } from '../../testing/attempt.ts'
import { type Room, startRoom } from '../../testing/room.ts'
import { memoryRootKey } from '../memory-root-key.ts'

let room: Room
beforeAll(async () => {
  room = await startRoom({ shared: (file) => ({ rootKey: { kind: 'tee' }, administrators: [file('analyst')] }) })
})
afterAll(() => room.stop())

test('a service whose root key the TEE derives opens by itself, and its log says what that is worth', async () => {
  const agreement = await agreeAndImport(room)
  const { publicKeysJson } = room.shared.vault.identity
  await room.restartShared()
  expect(room.shared.vault.identity.publicKeysJson).toEqual(publicKeysJson)
  expect(await outcomeOf(agreement, room.shared, await bundleOf(agreement))).toBe('released')
  const log = await readFile(join(room.folder, 'shared.log'), 'utf8')
  expect(log.split('\n').filter((line) => line.includes('a SIMULATED TEE derives the root key'))).toHaveLength(2)
})

test('changed code gets a key that opens nothing of the store', async () => {
  const { wrapped } = await room.shared.vault.store.db.selectFrom('wrapping_keys').selectAll().executeTakeFirstOrThrow()
  const purpose = 'reinraum/root-key/v1\nshared'
  const other = memoryRootKey('tee', simulatedDerivedKey(room.platform, { measurement: '5a'.repeat(48), purpose }))
  expect(await refusalOf(other.unwrap(wrapped))).toBe('decryption-failed')
})

test('on another machine the store does not open', async () => {
  const platform = join(room.folder, 'other-platform.json')
  await writeFile(platform, JSON.stringify(await createSimulatedPlatform({ modulusLength: 2048 })))
  const here = room.shared.config.attester
  const elsewhere = room.restartShared({ attester: { kind: 'simulator', platform } })
  expect(await refusalOf(elsewhere)).toBe('decryption-failed')
  await room.restartShared(here === undefined ? {} : { attester: here })
  expect(room.shared.service.isSealed()).toBe(false)
})

test('before an update the store goes over to another root key, and back after it', async () => {
  const aside = { kind: 'file', path: join(room.folder, 'aside.root-key') } as const
  const reshare = () => room.shared.asOf(SealService, room.parties.analyst).reshare({})
  expect(await refusalOf(reshare())).toBe('conflict')
  await room.restartShared({ rootKey: aside, formerRootKey: { kind: 'tee' } })
  expect(await reshare()).toMatchObject({ rootKey: 'file' })
  await room.restartShared({ rootKey: { kind: 'tee' }, formerRootKey: aside })
  expect(await reshare()).toMatchObject({ rootKey: 'tee' })
  await room.restartShared({ formerRootKey: undefined })
  expect(room.shared.service.isSealed()).toBe(false)
})
