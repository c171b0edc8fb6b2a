import { opendir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { SpillFolder } from './run-folder.ts'

const everyMs = 100
/** Of blocks that files take at their ends. */
const slackBytes = 2 ** 20
/** What a file counts for at least: an empty one takes room too. */
const leastFileBytes = 4096

/**
 * The engine keeps to its bound for temporary files by itself. What it does beyond, with a result that grows too long or
 * because somebody has taken it over, must not take the disk from other runs for long.
 * @returns stops watching
 */
export function watchSpill(spill: SpillFolder, result: string, resultBytes: number, onExcess: () => void): () => void {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  const look = async () => {
    const within = await isWithin(spill, result, resultBytes).catch(() => false)
    if (stopped) return
    if (within) timer = setTimeout(look, everyMs)
    else onExcess()
  }
  timer = setTimeout(look, everyMs)
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}

/** It looks at no more than may be there, however many there are. */
async function isWithin({ temporary, mebibytes }: SpillFolder, result: string, resultBytes: number): Promise<boolean> {
  const most = mebibytes * 2 ** 20 + resultBytes + slackBytes
  let bytes = await bytesOf(result)
  for await (const entry of await opendir(temporary)) {
    bytes += Math.max(leastFileBytes, await bytesOf(join(temporary, entry.name)))
    // The engine makes no folders.
    if (!entry.isFile() || bytes > most) return false
  }
  return bytes <= most
}

/** The engine removes its files as it goes. */
async function bytesOf(file: string): Promise<number> {
  const found = await stat(file).catch(() => undefined)
  return (found?.blocks ?? 0) * 512
}
