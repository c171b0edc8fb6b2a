import { folderBytes } from '../memory/scratch-file-system.ts'
import type { SpillFolder } from './run-folder.ts'

const everyMs = 100

/**
 * The engine keeps to its bound for temporary files by itself. What it does beyond, with a result that grows too long or because somebody
 * has taken it over, must not take the disk from other runs for long.
 * @returns stops watching
 */
export function watchSpill({ path, mebibytes }: SpillFolder, resultBytes: number, onExcess: () => void): () => void {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  const look = async () => {
    const used = await folderBytes(path).catch(() => Number.POSITIVE_INFINITY)
    if (stopped) return
    if (used > mebibytes * 2 ** 20 + resultBytes + slackBytes) onExcess()
    else timer = setTimeout(look, everyMs)
  }
  timer = setTimeout(look, everyMs)
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}

/** Of blocks that files take at their ends, and of a folder that lists them. */
const slackBytes = 2 ** 20
