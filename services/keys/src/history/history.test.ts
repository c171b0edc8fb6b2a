import { join } from 'node:path'
import { constantTimeEqual, toBase64url, zeroise } from '@reinraum/crypto'
import { KeyAdministrationService } from '@reinraum/proto'
import { emptyHistory, historyKeyCheck, historyProof } from '@reinraum/statements'
import { refusalOf } from '@reinraum/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { eraseDue } from '../administration/erase.ts'
import { importDataset, sealDataset } from '../testing/agreement.ts'
import { bundleOf, outcomeOf } from '../testing/attempt.ts'
import { agreeOnHistory, append, type Compared, noRun, type ReleasedRun, release, someEntry } from '../testing/history.ts'
import { freshMachine, restore } from '../testing/machine.ts'
import { backUp, confirm, present, type RecoveryRoom, releasesOf, startRecoveryRoom } from '../testing/recovery.ts'

let room: RecoveryRoom
let agreement: Compared
beforeAll(async () => {
  const shared = { minimumDestructionDelayMs: 0, quotas: { historyBytes: 8192 } }
  room = await startRecoveryRoom({ shared: () => shared })
})
afterAll(() => room.stop())
beforeEach(async () => {
  agreement = await agreeOnHistory(room)
  room.directory.set(agreement.id, { contract: agreement.statement, revocations: [] })
})

const shared = () => room.shared
const read = async ({ runId }: ReleasedRun, after = 0) =>
  (await shared().from('executor').readHistory({ runId, slot: 'strikes', after })).entries
const db = () => shared().vault.store.db
const entriesOf = ({ id }: Compared) => db().selectFrom('history_entries').selectAll().where('contract_id', '=', id).execute()

describe('a slot whose results are compared with earlier ones', () => {
  test('has a history from its first release on, whose key every run gets, and only runs', async () => {
    const [first, second] = [await release(agreement, shared()), await release(agreement, shared())]
    expect(first.named).toEqual({
      slot: 'strikes',
      key: toBase64url(historyKeyCheck(first.key, first.place)),
      entries: 0,
      head: emptyHistory(first.place),
    })
    expect(first.key.length).toBe(32)
    expect(constantTimeEqual(first.key, second.key)).toBe(true)
    const other = await release(await agreeOnHistory(room), shared())
    expect(constantTimeEqual(first.key, other.key)).toBe(false)
  })

  test('has entries in the order in which they were appended, and each release says where they end', async () => {
    const first = await release(agreement, shared())
    const [a, b] = [someEntry(), someEntry(2000)]
    const one = await append(shared(), first, { head: first.named.head, entry: a })
    const two = await append(shared(), first, { head: one.next, entry: b })
    const said = historyProof(first.key, first.place, { what: 'appended', run: first.runId, head: two.next })
    expect(two.outcome.case).toBe('proof')
    expect(constantTimeEqual(two.outcome.value as Uint8Array, said)).toBe(true)
    const second = await release(agreement, shared())
    expect(second.named).toMatchObject({ entries: 2, head: two.next })
    expect((await read(second)).map((entry) => Buffer.from(entry))).toEqual([a, b].map((entry) => Buffer.from(entry)))
    expect((await read(second, 1)).length).toBe(1)
  })

  test('takes an entry once, however often a run asks', async () => {
    const run = await release(agreement, shared())
    const entry = someEntry()
    const first = await append(shared(), run, { head: run.named.head, entry })
    expect(await append(shared(), run, { head: run.named.head, entry })).toEqual(first)
    expect((await entriesOf(agreement)).length).toBe(1)
  })

  test('takes one of two entries at once, and tells the other that the history has moved', async () => {
    const runs = await Promise.all([release(agreement, shared()), release(agreement, shared()), release(agreement, shared())])
    const answers = await Promise.all(runs.map((run) => append(shared(), run, { head: run.named.head, entry: someEntry() })))
    expect(answers.map(({ outcome }) => outcome.case).sort()).toEqual(['moved', 'moved', 'proof'])
    expect((await entriesOf(agreement)).length).toBe(1)
  })
})

describe('nothing is appended or read', () => {
  test('without the key of the history', async () => {
    const run = await release(agreement, shared())
    const stranger = { ...run, key: new Uint8Array(32) }
    expect(await refusalOf(() => append(shared(), stranger, { head: run.named.head, entry: someEntry() }))).toBe(
      'permission-denied',
    )
    // A proof of one entry is none of another.
    const entry = someEntry()
    const proof = historyProof(run.key, run.place, { what: 'append', run: run.runId, head: run.named.head })
    const request = { runId: run.runId, slot: 'strikes', expectedHead: run.named.head, entry, proof }
    expect(await refusalOf(() => shared().from('executor').appendHistory(request))).toBe('permission-denied')
    expect(await entriesOf(agreement)).toEqual([])
  })

  test('for a run without keys, of another slot, or whose lease has lapsed', async () => {
    const run = await release(agreement, shared())
    const to = (change: Partial<ReleasedRun>, slot = 'strikes') =>
      refusalOf(() => append(shared(), { ...run, ...change }, { head: run.named.head, entry: someEntry(), slot }))
    expect(await to({ runId: noRun })).toBe('lease-lost')
    expect(await to({}, 'flights')).toBe('key-unknown')
    expect(await to({}, 'weather')).toBe('history-unreadable')
    expect(await refusalOf(() => read({ ...run, runId: noRun }))).toBe('lease-lost')
    room.clock.move(61_000)
    expect(await to({})).toBe('lease-lost')
    expect(await refusalOf(() => read(run))).toBe('lease-lost')
    expect(await entriesOf(agreement)).toEqual([])
  })

  test('beyond what a slot may keep: such a run is refused, and so is every later one', async () => {
    const run = await release(agreement, shared())
    const first = await append(shared(), run, { head: run.named.head, entry: someEntry(7500) })
    expect(await refusalOf(() => append(shared(), run, { head: first.next, entry: someEntry(1024) }))).toBe('history-full')
    expect(await refusalOf(() => append(shared(), run, { head: first.next, entry: someEntry(10) }))).toBe('invalid-argument')
    expect(await outcomeOf(agreement, shared(), await bundleOf(agreement))).toBe('history-full')
    expect((await entriesOf(agreement)).length).toBe(1)
  })
})

describe('at rest', () => {
  test('an entry taken out does not move the end, and a row of another contract does not open', async () => {
    const run = await release(agreement, shared())
    const { next } = await append(shared(), run, { head: run.named.head, entry: someEntry() })
    await db().deleteFrom('history_entries').where('contract_id', '=', agreement.id).execute()
    expect((await release(agreement, shared())).named).toMatchObject({ entries: 1, head: next })

    const other = await agreeOnHistory(room)
    await release(other, shared())
    const row = (id: string) => db().selectFrom('histories').selectAll().where('contract_id', '=', id).executeTakeFirstOrThrow()
    const { sealed } = await row(other.id)
    await db().updateTable('histories').set({ sealed }).where('contract_id', '=', agreement.id).execute()
    expect(await outcomeOf(agreement, shared(), await bundleOf(agreement))).toBe('decryption-failed')
  })

  test('a history that is gone although the key was released is not begun anew', async () => {
    await release(agreement, shared())
    await db().deleteFrom('histories').where('contract_id', '=', agreement.id).execute()
    expect(await outcomeOf(agreement, shared(), await bundleOf(agreement))).toBe('history-unreadable')
  })

  test('it moves with the keys of its slot under a fresh wrapping key', async () => {
    const run = await release(agreement, shared())
    const administration = shared().asOf(KeyAdministrationService, room.parties.bird)
    const slot = { contractId: agreement.id, slot: 'strikes' }
    await administration.rotateWrappingKey(slot)
    await administration.rewrapKeys({ ...slot, suite: 'ChaCha20-Poly1305' })
    const keys = db().selectFrom('wrapping_keys').select('version').where('contract_id', '=', agreement.id)
    expect((await keys.where('slot', '=', 'strikes').execute()).length).toBe(1)
    const { next } = await append(shared(), run, { head: run.named.head, entry: someEntry() })
    const later = await release(agreement, shared())
    expect(constantTimeEqual(run.key, later.key)).toBe(true)
    expect(later.named.head).toBe(next)
  })
})

describe('what becomes of a history', () => {
  const destroy = async (manifestId: string) => {
    const administration = shared().asOf(KeyAdministrationService, room.parties.bird)
    const key = { name: { case: 'manifestId' as const, value: manifestId } }
    await administration.destroyKey({ contractId: agreement.id, key, delayMs: 0n })
    await eraseDue(shared().vault)
  }

  test('it outlives a version of the dataset, and goes for good with the last one', async () => {
    const [dataset] = agreement.datasets.filter(({ slot }) => slot === 'strikes')
    const second = await sealDataset(agreement, 'strikes', (manifest) => ({ ...manifest, version: 2 }))
    await importDataset(agreement, second)
    const run = await release(agreement, shared())
    await append(shared(), run, { head: run.named.head, entry: someEntry() })
    await destroy(second.manifestId)
    expect((await release(agreement, shared())).named.entries).toBe(1)
    await destroy(dataset?.manifestId ?? '')
    expect(await entriesOf(agreement)).toEqual([])
    const third = await sealDataset(agreement, 'strikes', (manifest) => ({ ...manifest, version: 3 }))
    await importDataset(agreement, third)
    const others = agreement.datasets.filter(({ slot }) => slot !== 'strikes')
    const bundle = await bundleOf({ ...agreement, datasets: [...others, third] })
    expect(await outcomeOf(agreement, shared(), bundle)).toBe('history-unreadable')
  })

  test('a backup holds it; a run that the backup knows and that may have shown something later closes it', async () => {
    const whole = await agreeOnHistory(room)
    room.directory.set(whole.id, { contract: whole.statement, revocations: [] })
    const run = await release(whole, shared())
    const { next } = await append(shared(), run, { head: run.named.head, entry: someEntry() })
    await release(agreement, shared())
    const machine = await freshMachine(room)
    await restore(machine, await backUp(room, shared(), join(machine.folder, 'backup')))
    const restored = await room.start(machine.folder)
    try {
      for (const owned of [whole, agreement]) await confirm(owned, restored, 'bird')
      expect((await release(whole, restored)).named).toMatchObject({ entries: 1, head: next })
      expect(await outcomeOf(agreement, restored, await bundleOf(agreement))).toBe('history-unreadable')
    } finally {
      await restored.stop()
      zeroise(run.key)
    }
  })

  test('a run of after the backup, which only its release tells of, closes it when the log is mended', async () => {
    const known = await release(agreement, shared())
    const { next } = await append(shared(), known, { head: known.named.head, entry: someEntry() })
    const machine = await freshMachine(room)
    await restore(machine, await backUp(room, shared(), join(machine.folder, 'backup')))
    const later = await release(agreement, shared())
    await append(shared(), later, { head: next ?? '', entry: someEntry() })
    const kept = await releasesOf(agreement, shared())
    const restored = await room.start(machine.folder)
    try {
      expect(await present(agreement, restored, kept.slice(-1))).not.toBe('NONE')
      await confirm(agreement, restored, 'bird')
      expect(await outcomeOf(agreement, restored, await bundleOf(agreement))).toBe('history-unreadable')
    } finally {
      await restored.stop()
    }
  })
})
