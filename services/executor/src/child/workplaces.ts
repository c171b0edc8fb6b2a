import type { Log } from '@reinraum/kit'
import type { Scratch } from '../scratch.ts'
import type { Spill } from '../spill/spill.ts'
import type { ChildLimits, Confinement } from './confinement.ts'
import { makeRunFolder, type RunFolder } from './run-folder.ts'
import { type Child, startChild } from './spawn.ts'

/** Where one run works: a private folder that nobody used before, and a process in it that waits for its one job. */
export interface Workplace {
  /** of the folder, also for what the process does not see */
  readonly path: string
  readonly files: RunFolder
  readonly child: Child
  /** Ends the process if it has not ended, and removes the folder with all that is in it. */
  remove(): Promise<void>
}

export interface Workplaces {
  /** One for a run, which removes it. The one that waits, if there is one, or else a new one. */
  take(): Promise<Workplace>
  /** Removes the one that waits; none is made any more but for runs. */
  close(): Promise<void>
}

/**
 * Keeps a workplace ready for the next run: starting its process, behind all that confines it, takes longer than a short query.
 * It holds nothing of any run until it is taken, and is used once. The next one is made while that run asks for its keys.
 */
export function keepWorkplaces(
  scratch: Scratch,
  limits: ChildLimits,
  confinement: Confinement,
  log: Log,
  spill?: Spill,
): Workplaces {
  let waiting: Promise<Workplace | undefined> | undefined
  let closed = false
  const prepare = () => {
    if (closed || waiting !== undefined) return
    waiting = open().catch((error: unknown) => {
      // The next run finds out by itself.
      log.warn({ err: error }, 'no process could be started ahead of its run')
      return undefined
    })
  }
  const open = async (): Promise<Workplace> => {
    const { path, remove: removeScratch } = await scratch.open()
    const spilled = await spill?.open().catch(async (error: unknown) => {
      await removeScratch()
      throw error
    })
    const remove = async () => {
      await Promise.all([removeScratch(), spilled?.remove()])
    }
    try {
      const files = await makeRunFolder(path, spilled && spill && { path: spilled.path, mebibytes: spill.mebibytes })
      const child = startChild(limits, confinement, files)
      return {
        path,
        files,
        child,
        async remove() {
          child.discard()
          await child.ended
          await remove()
        },
      }
    } catch (error) {
      await remove()
      throw error
    }
  }
  const ready = async (): Promise<Workplace> => {
    // Taken out before anything is waited for: two runs that begin together get one each.
    const own = waiting
    waiting = undefined
    const found = await own
    if (found?.child.isWaiting() === true) return found
    await found?.remove()
    return open()
  }
  prepare()
  return {
    async take() {
      try {
        return await ready()
      } finally {
        prepare()
      }
    },
    async close() {
      closed = true
      const own = waiting
      waiting = undefined
      await (await own)?.remove()
    },
  }
}
