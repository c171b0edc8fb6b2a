import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LocalRoom, startRoom } from '@reinraum/local'

/** Measures in a room of its own, with a folder that is gone afterwards; the room's own things are in `room` there. */
export async function inRoom<T>(measure: (local: LocalRoom, directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'reinraum-bench-'))
  const local = await startRoom({
    directory: join(directory, 'room'),
    keyServices: [
      { id: 'health-keys', custody: 'owner', operator: 'health' },
      { id: 'shared-keys', custody: 'attested' },
    ],
  })
  try {
    return await measure(local, directory)
  } finally {
    await local.stop()
    await rm(directory, { recursive: true, force: true })
  }
}
