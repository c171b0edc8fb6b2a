import { ReinraumError } from '@reinraum/crypto'
import type { MemoryPlan } from './memory-plan.ts'

/** What runs may take of this machine's memory. Nothing that is not reserved is used, so that it never runs out. */
export interface RunMemory {
  /**
   * Waits until there is room for one more run: first come, first served, so that a large one is not passed by small ones for ever.
   * @param mostBytes what the run's datasets take decrypted, all of each
   * @throws ReinraumError `resource-exhausted` when others have filled the file system and no run of this executor is going to make
   *   room; the signal's reason
   */
  reserve(mostBytes: number, signal: AbortSignal): Promise<Reservation>
}

export interface Reservation {
  /** Whether all of every dataset has room, whatever is read of them. */
  readonly holdsAll: boolean
  /**
   * To be asked before any key is: of no use to anybody is a run that is going to need so many bytes and does not get them.
   * @throws ReinraumError `too-large`
   */
  requireLeast(bytes: number): void
  /** Where the run's files are: what was written of what is reserved is not missing twice. */
  liesIn(folder: string): void
  /**
   * To be asked before a file is decrypted, or more of it.
   * @param bytes what it will take in memory, all in all
   * @throws ReinraumError `too-large` when the run's files together do not fit
   */
  requireRoom(file: string, bytes: number): void
  /** of the file system: memory is given out in these */
  readonly pageBytes: number
  /** All files are there: what they left is given back. */
  settle(): void
  /** Once the process has ended and the files are gone. */
  release(): void
}

export interface FileSystem {
  readonly pageBytes: number
  /** bytes that could still be written */
  free(): Promise<number>
  /** bytes that a folder takes */
  used(folder: string): Promise<number>
}

interface Held {
  /** bytes in the file system */
  scratch: number
  folder: string | undefined
}

interface Waiting {
  readonly held: Held
  readonly admit: () => void
  readonly refuse: (reason: unknown) => void
}

export function createRunMemory(plan: MemoryPlan, fileSystem: FileSystem): RunMemory {
  const holding = new Set<Held>()
  const waiting: Waiting[] = []

  const unwritten = async (held: Held) => {
    const written = held.folder === undefined ? 0 : await fileSystem.used(held.folder)
    return Math.max(0, held.scratch - written)
  }
  const isRoomFor = async ({ scratch }: Held): Promise<boolean> => {
    const promised = [...holding].reduce((sum, held) => sum + plan.processBytes + held.scratch, 0)
    if (promised + plan.processBytes + scratch > plan.totalBytes) return false
    const free = await fileSystem.free()
    const owed = await Promise.all([...holding].map(unwritten))
    if (free - owed.reduce((sum, bytes) => sum + bytes, 0) >= scratch) return true
    if (holding.size > 0) return false
    throw new ReinraumError('resource-exhausted', 'the memory file system is filled by others')
  }
  const admitFirst = async (): Promise<void> => {
    const [first] = waiting
    if (first === undefined) return
    const isRoom = await isRoomFor(first.held).catch((error: unknown) => first.refuse(error))
    // It may have gone while this looked.
    if (isRoom === false || (isRoom && waiting[0] !== first)) return
    if (isRoom) {
      holding.add(first.held)
      first.admit()
    }
    await admitFirst()
  }
  let looking: Promise<void> = Promise.resolve()
  const look = () => {
    looking = looking.then(admitFirst)
  }

  const waitFor = (held: Held, signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const leave = () => {
        const at = waiting.indexOf(entry)
        if (at >= 0) waiting.splice(at, 1)
        signal.removeEventListener('abort', stop)
      }
      const entry: Waiting = {
        held,
        admit() {
          leave()
          resolve()
        },
        refuse(reason) {
          leave()
          reject(reason)
        },
      }
      const stop = () => {
        entry.refuse(signal.reason)
        look()
      }
      signal.addEventListener('abort', stop, { once: true })
      waiting.push(entry)
      look()
    })

  return {
    async reserve(mostBytes, signal) {
      signal.throwIfAborted()
      const held: Held = { scratch: plan.resultBytes + Math.min(mostBytes, plan.datasetBytes), folder: undefined }
      await waitFor(held, signal)
      const holdsAll = mostBytes <= plan.datasetBytes
      return reservationOf(
        held,
        { resultBytes: plan.resultBytes, holdsAll, pageBytes: fileSystem.pageBytes },
        {
          gaveBack: look,
          released() {
            holding.delete(held)
            look()
          },
        },
      )
    },
  }
}

function reservationOf(
  held: Held,
  { resultBytes, holdsAll, pageBytes }: Pick<Reservation, 'holdsAll' | 'pageBytes'> & { readonly resultBytes: number },
  on: { gaveBack(): void; released(): void },
): Reservation {
  const files = new Map<string, number>()
  const needed = () => resultBytes + [...files.values()].reduce((sum, bytes) => sum + bytes, 0)
  return {
    holdsAll,
    pageBytes,
    requireLeast(bytes) {
      if (resultBytes + bytes > held.scratch) throw tooLarge()
    },
    liesIn(folder) {
      held.folder = folder
    },
    requireRoom(file, bytes) {
      files.set(file, bytes)
      if (needed() > held.scratch) throw tooLarge()
    },
    settle() {
      held.scratch = Math.min(held.scratch, needed())
      on.gaveBack()
    },
    release: on.released,
  }
}

function tooLarge(): ReinraumError {
  return new ReinraumError('too-large', 'what the run reads does not fit into the memory of this executor')
}
