import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Contract, fingerprintOf, publicKeysOf } from '@reinraum/statements'
import { refusalOf } from '@reinraum/testing'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { agree, agreeAndImport, importDataset, sealDataset } from '../testing/agreement.ts'
import { bundleOf, outcomeOf } from '../testing/attempt.ts'
import { twoOfThree } from '../testing/ceremony.ts'
import { type PartyName, publicKeysFile, type Room, startRoom } from '../testing/room.ts'

let room: Room
beforeAll(async () => {
  room = await startRoom(twoOfThree)
})
afterAll(() => room.stop())

/** The contract says that the shared service is in the hands of these people. */
function heldBy(threshold: number, ...names: readonly PartyName[]): (contract: Contract) => Contract {
  const holders = names.map((name) => fingerprintOf(publicKeysOf(room.parties[name])))
  return (contract) => ({
    ...contract,
    keyServices: contract.keyServices.map((service) =>
      service.custody === 'attested' ? { ...service, unsealedBy: { threshold, holders } } : service,
    ),
  })
}

test('a key service in the hands of those whom the contract names takes keys and releases them', async () => {
  const agreement = await agreeAndImport(room, heldBy(2, 'officer', 'air', 'bird'))
  expect(await outcomeOf(agreement, room.shared, await bundleOf(agreement))).toBe('released')
})

test.each<[string, number, readonly PartyName[]]>([
  ['one of whom is somebody else', 2, ['air', 'bird', 'analyst']],
  ['who were fewer', 2, ['air', 'bird']],
  ['more of whom were needed', 3, ['air', 'bird', 'officer']],
])('it takes none under a contract that names people %s', async (_, threshold, names) => {
  const agreement = await agree(room, heldBy(threshold, ...names))
  expect(await refusalOf(importDataset(agreement, await sealDataset(agreement, 'strikes')))).toBe('key-mismatch')
})

test('a holder with the right name and a key to seal to that is the operator’s is another holder', async () => {
  const forged = join(room.folder, 'forged.public.json')
  const { signing } = publicKeysOf(room.parties.air)
  await writeFile(forged, JSON.stringify({ signing, hpke: publicKeysOf(room.parties.stranger).hpke }))
  const people = { kind: 'shares', threshold: 2, holders: [forged, publicKeysFile(room.folder, 'bird')] } as const
  const other = await startRoom({ shared: () => ({ rootKey: { ...people, holders: [...people.holders] } }) })
  onTestFinished(() => other.stop())
  const honest = heldBy(2, 'air', 'bird')
  const agreement = await agree(other, honest)
  expect(await refusalOf(importDataset(agreement, await sealDataset(agreement, 'strikes')))).toBe('key-mismatch')
})
