import { join } from 'node:path'
import { afterAll } from 'vitest'
import { type CleanRoom, type CleanRoomOptions, openCleanRoom } from './clean-room.ts'
import type { TestRoom, TestRoomOptions } from './start-test-room.ts'
import { useTestRoom } from './use-test-room.ts'

/** The room of processes of a test file (`useTestRoom`), and any number of contracts among fresh parties in it. */
export function useCleanRooms(options?: TestRoomOptions): {
  readonly room: TestRoom
  open(options?: CleanRoomOptions): Promise<CleanRoom>
} {
  const processes = useTestRoom(options)
  const opened: CleanRoom[] = []
  // Runs before the room stops: hooks end in the reverse of their order.
  afterAll(() => {
    for (const clean of opened) clean.close()
  })
  return {
    get room() {
      return processes.room
    },
    async open(cleanOptions) {
      const clean = await openCleanRoom(
        processes.room,
        join(processes.room.directory, `parties-${crypto.randomUUID()}`),
        cleanOptions,
      )
      opened.push(clean)
      return clean
    },
  }
}
