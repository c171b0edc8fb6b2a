import type { Caller } from '@reinraum/rpc'
import { createIdentity, type Member, publicKeysOf, type VerifiedContract } from '@reinraum/statements'
import { expect, test } from 'vitest'
import { callerMember } from './caller-member.ts'

test('only the party whose key the contract names is its member', async () => {
  const [own, other] = [await createIdentity(), await createIdentity()]
  const member: Member = { id: 'health-agency', name: 'Health', roles: ['owner'], keys: publicKeysOf(own) }
  const contract = { document: { members: [member] } } as unknown as VerifiedContract
  const as = (caller: Caller) => () => callerMember(contract, { caller, signal: AbortSignal.abort(), method: '/x' })
  const refused = expect.objectContaining({ code: 'permission-denied' })
  expect(as({ kind: 'party', key: publicKeysOf(own).signing.ed25519 })().id).toBe('health-agency')
  expect(as({ kind: 'party', key: publicKeysOf(other).signing.ed25519 })).toThrow(refused)
  expect(as({ kind: 'service', id: 'health-agency' })).toThrow(refused)
  expect(as({ kind: 'anonymous' })).toThrow(refused)
})
