import { startTestRoom, type TestRoom } from './start-test-room.ts'

/**
 * The room of all test files that need nothing special of theirs. Starting one takes longer than most tests in it, so the
 * files that one process of the test runner goes through share it. Nobody stops it: its processes end with this one, and
 * `rooms-folder.ts` removes what it wrote.
 */
let shared: Promise<TestRoom> | undefined

/** Starts the room or takes it over, with every process running that an earlier file may have left killed. */
export async function takeSharedRoom(): Promise<TestRoom> {
  // Everything is logged: nothing secret may be in a log whatever its level.
  shared ??= startTestRoom({ logLevel: 'debug', redeliverAfterMs: 8_000 })
  const room = await shared
  const dead = [...room.services].filter(([, { pid }]) => pid === undefined)
  await Promise.all(dead.map(([name]) => room.restart(name)))
  return room
}

/** After a failure nobody knows what state it is in; the next file starts another. */
export async function discardSharedRoom(): Promise<void> {
  const room = await shared
  shared = undefined
  await room?.stop()
}
