import { verifyContract } from '@reinraum/statements'
import { refusalOf } from '@reinraum/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { byGovernance, rememberContract } from './contracts.ts'
import { quotasSchema } from './quotas.ts'
import { type Agreement, agree, agreeAndImport, importDataset, sealDataset } from './testing/agreement.ts'
import { bundleOf, outcomeOf, requestOf } from './testing/attempt.ts'
import { type Room, startRoom } from './testing/room.ts'

const minute = 60_000
let room: Room

beforeAll(async () => {
  const quotas = { contractsPerParty: 4, dataKeysPerOwner: 3, denialsPerMinute: 3 }
  room = await startRoom({ shared: () => ({ quotas }) })
})
afterAll(() => room.stop())

const db = () => room.shared.vault.store.db
const denials = async () => (await db().selectFrom('releases').select('id').where('decision', '=', 'denied').execute()).length

test('every quota has a default', () => {
  expect(quotasSchema.parse(undefined)).toEqual(quotasSchema.parse({}))
  expect(Object.values(quotasSchema.parse({})).every((quota) => quota > 0)).toBe(true)
})

describe('denials of releases', () => {
  test('are bounded in a minute: one too many is neither recorded nor explained, and has used its nonce', async () => {
    const agreement = await agreeAndImport(room)
    const bundle = await bundleOf(agreement)
    const wrong = { nonces: (own: string) => ({ airs: own }) }
    for (let i = 0; i < 3; i += 1) expect(await outcomeOf(agreement, room.shared, bundle, wrong)).toBe('nonce-unknown')
    const before = await denials()
    const unapproved = await bundleOf(agreement, { approval: () => undefined })
    const { nonce } = await room.shared.from('executor').issueNonce({ runId: unapproved.runId })
    const { request } = await requestOf(agreement, room.shared, unapproved, { nonce })
    expect(await refusalOf(() => room.shared.from('executor').releaseKeys(request))).toBe('resource-exhausted')
    expect(await denials()).toBe(before)

    // What is allowed is released as ever, and the nonce of the denial that was not recorded is gone all the same.
    expect(await outcomeOf(agreement, room.shared, bundle)).toBe('released')
    room.clock.move(minute)
    const { request: again } = await requestOf(agreement, room.shared, unapproved, { nonce })
    const { outcome } = await room.shared.from('executor').releaseKeys(again)
    expect(outcome).toMatchObject({ case: 'denied', value: { reasonCode: 'nonce-used' } })
  })

  test('of one contract take nothing from another', async () => {
    const [one, other] = [await agreeAndImport(room), await agreeAndImport(room)]
    const wrong = { nonces: (own: string) => ({ airs: own }) }
    const bundle = await bundleOf(one)
    for (let i = 0; i < 3; i += 1) await outcomeOf(one, room.shared, bundle, wrong)
    expect(await refusalOf(() => outcomeOf(one, room.shared, bundle, wrong))).toBe('resource-exhausted')
    expect(await outcomeOf(other, room.shared, await bundleOf(other), wrong)).toBe('nonce-unknown')
  })

  test('of contracts that are unknown here count together, whatever ids the caller invents', async () => {
    room.clock.move(minute)
    const outcomes: string[] = []
    for (let i = 0; i < 4; i += 1) {
      const invented = await agree(room)
      const datasets = await Promise.all(invented.document.slots.map(({ id }) => sealDataset(invented, id)))
      const attempt = async () => outcomeOf(invented, room.shared, await bundleOf({ ...invented, datasets }))
      outcomes.push(i < 3 ? await attempt() : await refusalOf(attempt))
    }
    expect(outcomes).toEqual(['key-unknown', 'key-unknown', 'key-unknown', 'resource-exhausted'])
  })
})

describe('what parties make the service remember', () => {
  test('is so many data keys of one owner under one contract; those that are there stay', async () => {
    const agreement = await agree(room)
    const version = (number: number) => sealDataset(agreement, 'strikes', (manifest) => ({ ...manifest, version: number }))
    const datasets = [await version(1), await version(2), await version(3), await version(4)]
    for (const dataset of datasets.slice(0, 3)) await importDataset(agreement, dataset)
    expect(await refusalOf(() => importDataset(agreement, datasets[3] as (typeof datasets)[0]))).toBe('resource-exhausted')
    const again = await importDataset(agreement, datasets[0] as (typeof datasets)[0])
    expect(again.created).toBe(false)
  })

  test('is so many contracts that one party brought here first; another party brings its own', async () => {
    await db().deleteFrom('contract_introductions').execute()
    const bring = async (agreement: Agreement) => importDataset(agreement, await sealDataset(agreement, 'strikes'))
    const known = async ({ id }: Agreement) =>
      (await db().selectFrom('contracts').select('id').where('id', '=', id).execute()).length === 1
    const first = await agree(room)
    const last = await agree(room)
    for (const agreement of [first, await agree(room), await agree(room), await agree(room)]) await bring(agreement)
    expect(await refusalOf(() => bring(last))).toBe('resource-exhausted')
    expect(await known(last)).toBe(false)

    // More under a contract that is here already costs nothing.
    await importDataset(first, await sealDataset(first, 'weather'))
    const { vault } = room.shared
    const contract = await verifyContract(last.statement, { now: vault.now() })
    await vault.store.transaction((trx) => rememberContract(vault, trx, contract, byGovernance, vault.now()))
    expect(await known(last)).toBe(true)
  })
})
