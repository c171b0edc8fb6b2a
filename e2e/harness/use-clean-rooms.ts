import { join } from 'node:path'
import { afterAll } from 'vitest'
import { type CleanRoom, type CleanRoomOptions, openCleanRoom } from './clean-room.ts'
import { type TestRoom, type TestRoomOptions, useTestRoom } from './test-room.ts'

/** One room of processes for a test file, and any number of contracts among fresh parties in it. */
export function useCleanRooms(options: TestRoomOptions = {}): {
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
      const clean = await openCleanRoom(processes.room, join(processes.room.directory, `parties-${opened.length}`), cleanOptions)
      opened.push(clean)
      return clean
    },
  }
}
