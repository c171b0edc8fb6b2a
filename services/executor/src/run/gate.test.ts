import {
  digestId,
  fromBase64url,
  hpkeOpen,
  parseStrictJson,
  randomBytes,
  type SealedObject,
  sealedObjectSchema,
  utf8,
} from '@reinraum/crypto'
import { type Contract, createIdentity, type Identity, publicKeysOf, type Run } from '@reinraum/statements'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Gate, sealGate } from './gate.ts'

const runId = `sha256:${'1'.repeat(64)}`
const names = ['alice', 'bob', 'carol', 'dave'] as const
const identities: Record<string, Identity> = {}
const resultKey = randomBytes(32)
let contract: Contract
let gate: Gate

beforeAll(async () => {
  for (const name of names) identities[name] = await createIdentity()
  const members = names.map((id) => ({ id, name: id, roles: [], keys: publicKeysOf(identities[id] as Identity) }))
  const reviewers = [
    { member: 'bob', mode: 'approve' as const },
    { member: 'carol', mode: 'inspect' as const },
  ]
  // Only what the gate reads; whether a contract is complete is tested where contracts are verified.
  contract = { members, results: { recipients: ['alice'], reviewers } } as unknown as Contract
  gate = await sealGate(contract, { recipients: ['alice'] } as unknown as Run, runId, resultKey)
})

async function open(name: string, sealed: SealedObject, info: string, aad = runId): Promise<Uint8Array> {
  const { privateKey, publicKey } = (identities[name] as Identity).hpke
  return hpkeOpen(fromBase64url(privateKey), fromBase64url(publicKey), sealed, { info: utf8(info), aad: utf8(aad) })
}

function layer(bytes: Uint8Array): { reviewer?: string; sealed: SealedObject; recipients: Record<string, SealedObject> } {
  return parseStrictJson(bytes) as never
}

describe('the result gate', () => {
  it('opens for the recipient after every reviewer opened a layer, in order', async () => {
    const first = layer(gate.layer)
    expect(first.reviewer).toBe('bob')
    const afterBob = await open('bob', first.sealed, 'reinraum/review/v1')
    expect(layer(afterBob).reviewer).toBe('carol')
    const afterCarol = await open('carol', layer(afterBob).sealed, 'reinraum/review/v1')
    const sealed = layer(afterCarol).recipients.alice as SealedObject
    expect(await open('alice', sealed, 'reinraum/result/v1')).toEqual(resultKey)
    expect(gate.layers).toEqual([gate.layer, afterBob, afterCarol].map(digestId))
  })

  it.each(['alice', 'carol', 'dave'])('keeps its first layer shut for %s', async (name) => {
    await expect(open(name, layer(gate.layer).sealed, 'reinraum/review/v1')).rejects.toMatchObject({ code: 'decryption-failed' })
  })

  it('belongs to one run', async () => {
    const other = `sha256:${'2'.repeat(64)}`
    await expect(open('bob', layer(gate.layer).sealed, 'reinraum/review/v1', other)).rejects.toMatchObject({
      code: 'decryption-failed',
    })
  })

  it('gives an inspecting reviewer, and nobody else, a key of its own', async () => {
    expect(gate.inspectionKeys.map(({ member }) => member)).toEqual(['carol'])
    const sealed = sealedObjectSchema.parse(parseStrictJson(gate.inspectionKeys[0]?.sealedKey ?? new Uint8Array()))
    expect(await open('carol', sealed, 'reinraum/inspect/v1')).toEqual(resultKey)
    await expect(open('bob', sealed, 'reinraum/inspect/v1')).rejects.toMatchObject({ code: 'decryption-failed' })
    await expect(open('carol', sealed, 'reinraum/result/v1')).rejects.toMatchObject({ code: 'decryption-failed' })
  })

  it('is a single layer when the contract names no reviewer', async () => {
    const open = { ...contract, results: { ...contract.results, reviewers: [] } }
    const bare = await sealGate(open, { recipients: ['alice'] } as unknown as Run, runId, resultKey)
    expect(bare.layers).toHaveLength(1)
    expect(Object.keys(layer(bare.layer).recipients)).toEqual(['alice'])
  })
})
