import { expect, test } from 'vitest'
import { agreeOnHistory, append, type ReleasedRun, release, someEntry } from '../testing/history.ts'
import { startKeyServiceProcess } from '../testing/key-service-process.ts'
import { startRoom } from '../testing/room.ts'

test('killed at every step of an append, a key service has all of the entry or nothing, and what it confirmed', {
  timeout: 120_000,
}, async () => {
  const room = await startRoom()
  const agreement = await agreeOnHistory(room)
  let process = await startKeyServiceProcess(room)
  const shared = () => process.room.shared
  const released = (): Promise<ReleasedRun> => release({ ...agreement, room: process.room }, shared())
  const first = await released()
  let { head, entries } = first.named
  await process.ask({ dieAfter: null })
  head = (await append(shared(), first, { head, entry: someEntry() })).next
  entries += 1
  const answer = await process.ask({ statementsRun: true })
  const statements = 'statements' in answer ? answer.statements : 0
  expect(statements).toBeGreaterThan(6)

  const seen = { before: 0, after: 0 }
  for (let at = 1; at <= statements; at += 2) {
    const run = await released()
    const entry = someEntry()
    await process.ask({ dieAfter: at })
    const appending = append(shared(), run, { head, entry }).catch(() => undefined)
    await Promise.race([process.ended, appending])
    await process.kill()
    const confirmed = await appending
    process = await startKeyServiceProcess(process.room)
    const { named } = await released()
    const stands = named.entries === entries + 1
    expect([entries, entries + 1]).toContain(named.entries)
    if (confirmed !== undefined) expect(stands).toBe(true)
    seen[stands ? 'after' : 'before'] += 1
    // Whoever does not know asks again, and has it once.
    const again = await append(shared(), run, { head, entry })
    expect(again.outcome.case).toBe('proof')
    if (stands) expect(named.head).toBe(again.next)
    const [rows] = await process.sql('select sequence from history_entries order by sequence')
    expect(rows?.length).toBe(entries + 1)
    head = again.next
    entries += 1
  }
  expect(seen.before).toBeGreaterThan(0)
  await process.kill()
  await room.stop()
})
