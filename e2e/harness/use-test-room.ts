import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, onTestFinished } from 'vitest'
import { type CleanRoom, type CleanRoomOptions, openCleanRoom } from './clean-room.ts'
import { discardSharedRoom, takeSharedRoom } from './shared-room.ts'
import { startTestRoom, type TestRoom, type TestRoomOptions } from './start-test-room.ts'

/** The room of a test file. */
export interface UsedTestRoom {
  readonly room: TestRoom
  /** Parties of its own and a contract that all of them signed; closed after the test. */
  cleanRoom(options?: CleanRoomOptions): Promise<CleanRoom>
}

/**
 * A room for the tests of a file. Without options it is the one that all such files share which run in this process: they
 * leave its processes as they found them, and keep to contracts and folders of their own. With options it is started for the
 * file and stopped after the last test. When a test fails, what the processes warned of is printed and their logs are kept.
 */
export function useTestRoom(options?: TestRoomOptions): UsedTestRoom {
  let room: TestRoom | undefined
  let failed = false
  beforeAll(async () => {
    room = options === undefined ? await takeSharedRoom() : await startTestRoom(options)
  }, 180_000)
  beforeEach(({ onTestFailed }) => {
    onTestFailed(async () => {
      failed = true
      if (room !== undefined) console.error(`${await room.warnings()}\nThe logs are in ${await room.keepLogs()}`)
    })
  })
  afterAll(async () => {
    if (options !== undefined) await room?.stop()
    else if (failed) await discardSharedRoom()
  }, 60_000)
  const started = (): TestRoom => {
    if (room === undefined) throw new Error('the room has not started')
    return room
  }
  return {
    get room() {
      return started()
    },
    async cleanRoom(cleanRoomOptions) {
      const local = started()
      const folder = join(local.directory, 'clean-rooms', crypto.randomUUID())
      const clean = await openCleanRoom(local, folder, cleanRoomOptions)
      onTestFinished(() => clean.close())
      return clean
    },
  }
}
