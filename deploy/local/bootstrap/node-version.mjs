import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { runLeashed } from './leash.mjs'

// Node 24.18 is the first to run the sources with everything they use.
const FLOOR = [24, 18]

/** The Node that runs the program: the one npm installed, else the running one where it is new enough. */
export async function pickNode(root) {
  const installed = join(root, 'node_modules', '.bin', 'node')
  if (existsSync(installed)) {
    const { code, stdout } = await runLeashed(installed, ['--version'], { timeoutMs: 10_000 })
    if (code === 0 && isNewEnough(stdout)) return installed
  }
  if (isNewEnough(process.version)) return process.execPath
  throw new Error(
    `Node ${FLOOR.join('.')} or newer is needed; npm has none for ${process.platform} ${process.arch} here: please install it (this is ${process.version}).`,
  )
}

/** True for `v24.18.0` and everything newer. */
export function isNewEnough(version, floor = FLOOR) {
  const [major = 0, minor = 0] = version.trim().replace(/^v/, '').split('.').map(Number)
  return major > floor[0] || (major === floor[0] && minor >= floor[1])
}
