import { beforeAll, expect, test } from 'vitest'
import { deepFreeze } from '../deep-freeze.ts'
import { publicKeysOf } from '../identity.ts'
import { type OpenedStatement, openStatement } from '../jws.ts'
import type { Contract } from '../kinds/contract.ts'
import { createParties, type Parties, queryOf, signAs } from '../testing/room.ts'
import { membersAsParties } from './contract.ts'
import { type Party, signedBy } from './parties.ts'

let parties: Parties
let opened: OpenedStatement
beforeAll(async () => {
  parties = await createParties()
  opened = openStatement(await signAs(parties, 'analyst', queryOf(`sha256:${'0'.repeat(64)}`)))
})

const listOf = (...names: ('analyst' | 'air')[]): Party[] =>
  names.map((id) => ({ id, signing: structuredClone(publicKeysOf(parties[id]).signing) }))

test('one list of parties is remembered, and another one is not taken for it', async () => {
  const [members, others] = [deepFreeze(listOf('air', 'analyst')), deepFreeze(listOf('air'))]
  for (let round = 0; round < 2; round += 1) {
    expect(await signedBy(opened, members)).toEqual(['analyst'])
    await expect(signedBy(opened, others)).rejects.toMatchObject({ code: 'unknown-member' })
  }
})

test('a list that changes is read again, wherever it changed', async () => {
  const members = listOf('analyst')
  const [only] = members as [Party]
  expect(await signedBy(opened, Object.freeze(members))).toEqual(['analyst'])
  Object.assign(only.signing, publicKeysOf(parties.air).signing)
  await expect(signedBy(opened, members)).rejects.toMatchObject({ code: 'unknown-member' })
})

test('the members of a contract that changes are read again, those of one that cannot are kept', () => {
  const contract = (members: readonly object[]) => ({ members }) as unknown as Contract
  const member = (id: string) => ({ id, keys: { signing: structuredClone(publicKeysOf(parties.air).signing) } })
  const changing = contract([member('air')])
  expect(membersAsParties(changing).map(({ id }) => id)).toEqual(['air'])
  Object.assign(changing.members[0] ?? {}, { id: 'bird' })
  expect(membersAsParties(changing).map(({ id }) => id)).toEqual(['bird'])
  const kept = deepFreeze(contract([member('air')]))
  expect(membersAsParties(kept)).toBe(membersAsParties(kept))
})
