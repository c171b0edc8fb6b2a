import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runLeashed } from './leash.mjs'
import { waitForLock } from './lock-file.mjs'

/**
 * Makes node_modules match package-lock.json, once: a stamp in `.local/` holds the SHA-256 of the lock file that was
 * installed last. A concurrent second instance waits for the first. An interrupted installation leaves no stamp.
 */
export async function ensurePackages({ root, say, signal }) {
  const stamp = join(root, '.local', 'packages.sha256')
  if (await isStamped(root, stamp)) return
  const lock = await waitForLock(join(root, '.local', 'install.lock'), { say, doing: 'installing', signal })
  try {
    if (await isStamped(root, stamp)) return
    const lockfile = await readFile(join(root, 'package-lock.json'))
    if (!(await isInstalled(root, lockfile))) await install(root, stamp, say, signal)
    await writeStamp(stamp, lockfile)
  } finally {
    lock.release()
  }
}

async function install(root, stamp, say, signal) {
  await rm(stamp, { force: true })
  say('Installing npm packages (once; about 150 MB)')
  const began = performance.now()
  const [command, args] = npm()
  const options = { cwd: root, signal, env: { ...process.env, NO_UPDATE_NOTIFIER: '1' } }
  const { code, stdout, stderr } = await runLeashed(
    command,
    [...args, 'ci', '--loglevel=error', '--no-audit', '--no-fund'],
    options,
  )
  if (signal?.aborted) throw new Error('Interrupted')
  if (code !== 0) {
    const text = `${stderr}\n${stdout}`.split('\n').filter((line) => line.trim() !== '')
    throw new Error(`npm could not install the packages:\n${text.slice(0, 20).join('\n')}`)
  }
  say(`Installed in ${Math.round((performance.now() - began) / 1000)} s`)
}

/** The npm that started this, run by the Node it runs on: `npm ci` removes the one in node_modules while it works. */
function npm() {
  const script = process.env.npm_execpath
  if (script !== undefined && /npm-cli\.c?js$/.test(script)) return [process.env.npm_node_execpath ?? process.execPath, [script]]
  return ['npm', []]
}

async function isStamped(root, stamp) {
  const [text, lockfile] = await Promise.all([
    readFile(stamp, 'utf8').catch(() => undefined),
    readFile(join(root, 'package-lock.json')),
  ])
  return text?.trim() === sha256(lockfile) && existsSync(join(root, 'node_modules', '.package-lock.json'))
}

/** Somebody may have installed by hand: npm's own record of node_modules then agrees with the lock file, entry by entry. */
async function isInstalled(root, lockfile) {
  const record = await readFile(join(root, 'node_modules', '.package-lock.json'), 'utf8').catch(() => undefined)
  if (record === undefined) return false
  const installed = JSON.parse(record).packages
  for (const [path, wanted] of Object.entries(JSON.parse(lockfile.toString()).packages)) {
    if (path === '' || !path.includes('node_modules/')) continue
    // A package of ours: it has no version in the record, but a new one is not there before it is linked.
    if (wanted.link) {
      if (!existsSync(join(root, path))) return false
      continue
    }
    const found = installed[path]
    if (found === undefined ? !wanted.optional : found.version !== wanted.version || found.integrity !== wanted.integrity)
      return false
    if (found !== undefined && !existsSync(join(root, path))) return false
  }
  return true
}

async function writeStamp(stamp, lockfile) {
  await mkdir(join(stamp, '..'), { recursive: true })
  await writeFile(`${stamp}.new`, `${sha256(lockfile)}\n`)
  await rename(`${stamp}.new`, stamp)
}

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex')
}
