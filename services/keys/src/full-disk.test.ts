import { KeyAdministrationService } from '@reinraum/proto'
import { parseStatement, type Release } from '@reinraum/statements'
import { refusalOf } from '@reinraum/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Agreement, agreeAndImport, type Dataset, importDataset, revocationOf, sealDataset } from './testing/agreement.ts'
import { bundleOf, outcomeName, outcomeOf, requestOf } from './testing/attempt.ts'
import { type KeyServiceProcess, startKeyServiceProcess } from './testing/key-service-process.ts'
import { type Room, startRoom } from './testing/room.ts'
import { canMount, type SmallDisk, smallDiskOf, withSmallDisk } from './testing/small-disk.ts'

let room: Room
let keyService: KeyServiceProcess
let disk: SmallDisk
let agreement: Agreement & { readonly datasets: readonly Dataset[] }

beforeAll(async () => {
  room = await startRoom()
  agreement = await agreeAndImport(room)
})
afterAll(() => room.stop())

/** Whatever a refused act could have left half of. */
const everything = () =>
  keyService.sql(
    ...['releases', 'debits', 'released_keys', 'leases', 'nonces', 'outbox', 'data_keys', 'wrapping_keys', 'revocations'].map(
      (table) => `select * from ${table}`,
    ),
    'select * from administration',
    'select * from contract_introductions',
  )

describe.runIf(canMount)('on a full disk', () => {
  beforeAll(async () => {
    const { data } = room.shared.config
    keyService = await startKeyServiceProcess(room, { through: withSmallDisk(data, 8 * 2 ** 20) })
    disk = smallDiskOf(keyService, data)
  })
  afterAll(() => keyService.kill())

  test('a release, an import, a revocation and a rotation are refused, with nothing half; with space again each is done', async () => {
    const { shared } = keyService.room
    const executor = shared.from('executor')
    const bird = shared.asOf(KeyAdministrationService, room.parties.bird)
    const [bundle, revoked] = [await bundleOf(agreement), await bundleOf(agreement)]
    const attempt = await requestOf(agreement, shared, bundle)
    expect(await outcomeOf(agreement, shared, revoked)).toBe('released')
    const second = await sealDataset(agreement, 'strikes', (manifest) => ({ ...manifest, version: 2 }))
    const revocation = await revocationOf(agreement, 'bird', { type: 'approval', approval: revoked.approvals.bird ?? '' })
    const acts = {
      release: () => executor.releaseKeys(attempt.request),
      import: () => importDataset({ ...agreement, room: keyService.room }, second),
      revocation: () => shared.as(room.parties.bird).applyRevocation({ revocation }),
      rotation: () => bird.rotateWrappingKey({ contractId: agreement.id, slot: 'weather' }),
      nonce: () => executor.issueNonce({ runId: bundle.runId }),
      lease: () => executor.renewLease({ runId: revoked.runId }),
    }
    const before = await everything()

    await disk.fill()
    const refused = Object.entries(acts).map(async ([name, act]) => [name, await refusalOf(act)] as const)
    const codes = Object.fromEntries(await Promise.all(refused))
    expect(codes).toEqual(Object.fromEntries(Object.keys(acts).map((name) => [name, 'storage-full'])))
    expect(await everything()).toEqual(before)
    // It still says what it knows.
    expect((await shared.as(room.parties.bird).listReleases({ contractId: agreement.id })).releases).toHaveLength(1)

    await disk.free()
    const { outcome } = await acts.release()
    if (outcome.case !== 'released') throw new Error(`denied: ${outcome.value?.reasonCode}`)
    const { document } = parseStatement(outcome.value.release) as { document: Release }
    expect(document).toMatchObject({
      sequence: 2,
      outcome: {
        runs: [
          { before: 0, after: 1 },
          { before: 0, after: 1 },
        ],
      },
    })
    await acts.import()
    expect((await acts.rotation()).version).toBe(2)
    expect((await acts.lease()).outcome.case).toBe('leaseExpiresAt')
    await acts.revocation()
    expect((await acts.lease()).outcome.value).toBe('approval-revoked')
    expect(outcomeName(await executor.releaseKeys(attempt.request))).toBe('nonce-used')
  })
})

describe.runIf(canMount)('on a read-only disk', () => {
  test('a key service does not start, and its store is as it was', async () => {
    const { data } = room.shared.config
    const through = [...withSmallDisk(data, 8 * 2 ** 20), 'sh', '-c', 'mount -o remount,ro "$0" && exec "$@"', data]
    await expect(startKeyServiceProcess(keyService.room, { through })).rejects.toThrow('the disk can only be read')
    keyService = await startKeyServiceProcess(keyService.room)
    expect(await outcomeOf(agreement, keyService.room.shared, await bundleOf(agreement))).toBe('released')
    await keyService.kill()
  })
})
