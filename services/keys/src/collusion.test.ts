import {
  combineShares,
  constantTimeEqual,
  digestId,
  fromBase64url,
  keyCheckValue,
  randomBytes,
  splitSecret,
} from '@reinraum/crypto'
import { manifestCoreContext } from '@reinraum/statements'
import { refusalOf, signByAll } from '@reinraum/testing'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { openDataKey } from './data-keys.ts'
import { memoryRootKey } from './root-key/memory-root-key.ts'
import { commitmentTo } from './root-key/shares/share-commitment.ts'
import { type Agreement, agree, type Dataset, sealDataset, sealForImport } from './testing/agreement.ts'
import { bundleOf, outcomeOf } from './testing/attempt.ts'
import { contribute, shareOf, twoOfThree, unsealBy } from './testing/ceremony.ts'
import { startKeyServiceProcess } from './testing/key-service-process.ts'
import { type Room, startRoom } from './testing/room.ts'
import type { Vault } from './vault.ts'

// Who is against one person has everything that the others have: every store, every signature, every service that they run.

describe('all owners but one, the analyst and the operator together', () => {
  let room: Room
  let agreement: Agreement & { readonly datasets: readonly Dataset[] }
  let strikes: Dataset

  // Bird's strikes are in two shares, one in the attested key service and one in air's own. Bird is the one they are against.
  beforeAll(async () => {
    room = await startRoom()
    const made = await agree(room, (contract) => ({
      ...contract,
      slots: contract.slots
        .filter(({ id }) => id === 'strikes')
        .map((slot) => ({ ...slot, keyService: { threshold: 2, services: ['shared', 'airs'] } })),
    }))
    strikes = await sealDataset(made, 'strikes')
    const shares = await splitSecret(strikes.dataKey, { shares: 2, threshold: 2 })
    for (const [i, service] of [room.shared, room.airs].entries()) {
      const sealedKey = await sealForImport(service, { dataKey: shares[i] as Uint8Array, manifestId: strikes.manifestId })
      await service.as(room.parties.bird).importKey({ contract: made.statement, manifest: strikes.manifest, sealedKey })
    }
    agreement = { ...made, datasets: [strikes] }
  })
  afterAll(() => room.stop())

  /** Opens the share that lies in a store, with what somebody has of its key service. */
  const openShare = async (vault: Vault) => {
    const row = await vault.store.db.selectFrom('data_keys').selectAll().executeTakeFirstOrThrow()
    return vault.store.transaction((trx) => openDataKey(vault, trx, row))
  }

  test('have the share that one of them keeps, and no key', async () => {
    const { vault } = room.airs
    const share = await openShare(vault)
    const { keyCheck } = strikes.document
    const isKey = (key: Uint8Array) =>
      constantTimeEqual(keyCheckValue(key, manifestCoreContext(strikes.document)), fromBase64url(keyCheck))
    expect([share.subarray(0, 32), share.subarray(1)].some(isKey)).toBe(false)
    expect(await refusalOf(combineShares([share], 2, isKey))).toBe('threshold-not-reached')
    expect(await refusalOf(combineShares([share, randomBytes(33)], 2, isKey))).toBe('share-invalid')

    // The other share lies in a store that the operator reads, under a root key that no one of them has.
    expect(await refusalOf(openShare({ ...room.shared.vault, root: vault.root }))).toBe('decryption-failed')
    const other = await openShare(room.shared.vault)
    expect((await combineShares([share, other], 2, isKey)).secret).toEqual(strikes.dataKey)
  })

  test('get no other share from a running key service: not without her approval, nor with one of theirs, nor under a contract of their own', async () => {
    const keyService = await startKeyServiceProcess(room)
    onTestFinished(keyService.kill)
    const outcome = async (of: Agreement, ...changes: Parameters<typeof bundleOf>[1][]) =>
      outcomeOf(of, keyService.room.shared, await bundleOf({ ...agreement, ...of }, ...changes))
    const without = { approval: (approval: { by: string }) => (approval.by === 'bird' ? undefined : approval) }
    expect(await outcome(agreement, without as never)).toBe('approval-missing')
    const named = { approval: (approval: object) => ({ ...approval, by: 'air' }) }
    expect(await outcome(agreement, named as never)).toBe('role-missing')
    // Her approval of something else, in another query's place.
    const other = await bundleOf(agreement)
    expect(await outcome(agreement, { bundle: (made) => ({ ...made, decisions: other.decisions }) })).toBe('query-mismatch')

    // The same contract with rules that they like better: her signature is missing, and so is her key.
    const laxer = {
      ...agreement.document,
      slots: agreement.document.slots.map((slot) => ({ ...slot, rule: { ...slot.rule, modes: ['aggregation' as const] } })),
    }
    const colluding = laxer.members.filter(({ id }) => id !== 'bird').map(({ id }) => room.parties[id as 'air'])
    const { id, bytes } = await signByAll(laxer, colluding)
    const theirs = { ...agreement, id, document: laxer, statement: bytes }
    expect(await outcome(theirs)).toBe('key-unknown')
    expect(await outcome(agreement, { bundle: (made) => ({ ...made, contract: bytes }) })).toBe('contract-incomplete')
    const sealedKey = await sealForImport(keyService.room.shared, strikes)
    const air = keyService.room.shared.as(room.parties.air)
    expect(await refusalOf(air.importKey({ contract: bytes, manifest: strikes.manifest, sealedKey }))).toBe('contract-incomplete')

    // With her approval it is there: what stood above failed for no other reason.
    expect(await outcome(agreement)).toBe('released')
  })
})

describe('all holders of unseal shares but one that is needed, and the operator with the store', () => {
  let room: Room
  beforeAll(async () => {
    room = await startRoom(twoOfThree)
  })
  afterAll(() => room.stop())

  test('open nothing, whatever they write into the store', async () => {
    const keyService = await startKeyServiceProcess(room)
    onTestFinished(keyService.kill)
    const { shared } = keyService.room
    const { air, bird, stranger } = room.parties
    const share = await shareOf(shared, air)
    const [people, identity] = (await keyService.sql(
      'select holder, hex(sealed) as sealed from unseal_shares',
      'select hex(wrapped_key) as wrapped from identity',
    )) as readonly (readonly Record<string, string>[])[]
    const wrapped = Buffer.from(identity?.[0]?.wrapped ?? '', 'hex')
    expect(people).toHaveLength(3)
    expect(wrapped.length).toBeGreaterThan(32)
    for (const guess of [share.subarray(0, 32), share.subarray(1)]) {
      expect(await refusalOf(memoryRootKey('shares', new Uint8Array(guess)).unwrap(wrapped))).toBe('decryption-failed')
    }
    // The sealed shares of the others are no use to who has another private key.
    expect(await refusalOf(shareOf(shared, { ...bird, hpke: air.hpke }))).toBe('decryption-failed')

    const [saved] = await keyService.sql('select threshold from root_key')
    expect(saved).toEqual([{ threshold: 2 }])
    await keyService.sql('pragma ignore_check_constraints = true', 'update root_key set threshold = 1')
    expect(await refusalOf(contribute(shared, air, share))).toBe('invalid-argument')
    await keyService.sql('update root_key set threshold = 2')

    // Somebody of theirs in the place of a holder, with a commitment to a share that they made up.
    const lie = randomBytes(33)
    const holder = stranger.signing.ed25519.x
    const commitment = Buffer.from(commitmentTo(lie, 'shared', holder)).toString('hex')
    const place = `set holder = '${holder}', commitment = x'${commitment}' where holder = '${bird.signing.ed25519.x}'`
    await keyService.sql(`update unseal_shares ${place}`)
    await contribute(shared, air, share)
    expect(await refusalOf(contribute(shared, stranger, lie))).toBe('share-invalid')
    expect(await refusalOf(() => askForNonce(keyService.room))).toBe('sealed')
  })

  const askForNonce = ({ shared }: Room) => shared.from('executor').issueNonce({ runId: digestId(randomBytes(8)) })

  test('open it with one more: the attempts failed for no other reason', async () => {
    const another = await startRoom(twoOfThree)
    onTestFinished(() => another.stop())
    const keyService = await startKeyServiceProcess(another)
    onTestFinished(keyService.kill)
    await unsealBy(keyService.room, 'air', 'bird')
    expect((await askForNonce(keyService.room)).nonce).toHaveLength(32)
  })
})
