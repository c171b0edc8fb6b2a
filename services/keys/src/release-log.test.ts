import { parseStatement, type Release, verifyContract, verifyRelease } from '@reinraum/statements'
import { refusalOf } from '@reinraum/testing'
import { CompiledQuery } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { releasesPerPage } from './release-log.ts'
import { type Agreement, agreeAndImport, type Dataset } from './testing/agreement.ts'
import { bundleOf, outcomeOf } from './testing/attempt.ts'
import { type Room, startRoom } from './testing/room.ts'

let room: Room
let agreement: Agreement & { readonly datasets: readonly Dataset[] }

beforeAll(async () => {
  room = await startRoom()
  agreement = await agreeAndImport(room)
})
afterAll(() => room.stop())

test('the log of a contract is one chain of signed decisions, denials among them, without a gap', async () => {
  const other = await agreeAndImport(room)
  const bundle = await bundleOf(agreement)
  await outcomeOf(agreement, room.shared, bundle)
  await outcomeOf(other, room.shared, await bundleOf(other))
  await outcomeOf(agreement, room.shared, bundle, { nonces: (own) => ({ airs: own }) })
  await outcomeOf(agreement, room.shared, await bundleOf(agreement, { approval: () => undefined }))

  const { releases } = await room.shared.as(room.parties.analyst).listReleases({ contractId: agreement.id })
  const contract = await verifyContract(agreement.statement, { now: room.clock.now() })
  const entries = await Promise.all(releases.map((statement) => verifyRelease(statement, contract)))
  expect(entries.map(({ document }) => reasonOf(document))).toEqual(['released', 'nonce-unknown', 'approval-missing'])
  expect(entries.map(({ document }) => document.sequence)).toEqual([1, 2, 3])
  expect(entries.map(({ document }) => document.previous)).toEqual([null, entries[0]?.id, entries[1]?.id])
})

test('a decision and its event are written together', async () => {
  const bundle = await bundleOf(agreement)
  await outcomeOf(agreement, room.shared, bundle)
  const { releases } = await room.shared.as(room.parties.bird).listReleases({ contractId: agreement.id })
  const last = parseStatement(releases.at(-1) ?? new Uint8Array())
  // No bus takes events away in this test: they stand in the outbox.
  const { rows } = await room.shared.vault.store.db.executeQuery<{ id: string; subject: string }>(
    CompiledQuery.raw('select id, subject from outbox order by sequence desc limit 1'),
  )
  expect(rows).toEqual([{ id: last.id, subject: `reinraum.v1.${agreement.id.slice('sha256:'.length)}.key.released` }])
})

test('a long log comes in pages, none of them empty before the end', async () => {
  const contract = await agreeAndImport(room)
  const { db } = room.shared.vault.store
  const row = { contract_id: contract.id, run_id: contract.id, decision: 'denied' as const, decided_at: 0 }
  const rows = Array.from({ length: releasesPerPage + 1 }, (_, i) => {
    return { ...row, sequence: i + 1, id: `${contract.id}/${i}`, statement: new Uint8Array(8) }
  })
  await db.insertInto('releases').values(rows).execute()
  const bird = room.shared.as(room.parties.bird)
  const first = await bird.listReleases({ contractId: contract.id })
  expect([first.releases.length, first.more]).toEqual([releasesPerPage, true])
  const second = await bird.listReleases({ contractId: contract.id, afterSequence: releasesPerPage })
  expect([second.releases.length, second.more]).toEqual([1, false])
})

test('the log is shown to members of the contract only, and nothing of contracts that are unknown here', async () => {
  const stranger = room.shared.as(room.parties.stranger)
  expect(await refusalOf(() => stranger.listReleases({ contractId: agreement.id }))).toBe('permission-denied')
  const unknown = `sha256:${'0'.repeat(64)}`
  expect(await refusalOf(() => room.shared.as(room.parties.bird).listReleases({ contractId: unknown }))).toBe('key-unknown')
})

function reasonOf({ outcome }: Release): string {
  return outcome.decision === 'denied' ? outcome.reason : outcome.decision
}
