import { copyFile, mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { unpackDebianPackage } from './debian-package.mjs'
import { runLeashed } from './leash.mjs'
import { waitForLock } from './lock-file.mjs'

const NAME = 'libsofthsm2.so'
// Where Debian, Fedora and a build from source put it.
const SYSTEM = ['/usr/lib/softhsm', '/usr/lib64/softhsm', '/usr/lib64/pkcs11', '/usr/local/lib/softhsm']

const LOADS = 'const { PKCS11 } = require(process.argv[1]); new PKCS11().load(process.argv[2])'

/**
 * Makes sure that `<folder>/libsofthsm2.so` is a SoftHSM2 that loads here: the machine's own, else its distribution's
 * package, unpacked. It is what the tests use for a hardware token. Resolves with its path, or with what stood in the way;
 * only an interruption is an error.
 * @param binding the folder of pkcs11js, built: what loads the module
 */
export async function ensureSoftHsm({ folder, binding, say = () => {}, signal, system = SYSTEM }) {
  const module = join(folder, NAME)
  if (await loads(module, binding)) return { module }
  const lock = await waitForLock(join(folder, 'lock'), { say, doing: 'fetching SoftHSM2', signal })
  try {
    return (await loads(module, binding)) ? { module } : await fetchSoftHsm({ folder, module, binding, say, signal, system })
  } finally {
    lock.release()
  }
}

// Everything is made ready aside and put in place by one rename: an interruption leaves no half of a module.
async function fetchSoftHsm({ folder, module, binding, say, signal, system }) {
  const workshop = join(folder, '.partial')
  await rm(workshop, { recursive: true, force: true })
  await mkdir(workshop)
  try {
    const staged = join(workshop, NAME)
    const problems = []
    for (const way of [fromSystem, fromDebian]) {
      const outcome = await way({ staged, workshop, binding, system, say, signal })
      if (signal?.aborted) throw new Error('Interrupted')
      if (outcome.problem === undefined && (await loads(staged, binding))) {
        await writeFile(join(folder, 'origin.json'), `${JSON.stringify({ origin: outcome.origin }, null, 2)}\n`)
        await rename(staged, module)
        return { module }
      }
      problems.push(outcome.problem ?? `${outcome.origin}: does not load here`)
      await rm(staged, { force: true })
    }
    return { problem: problems.join(' | ') }
  } finally {
    await rm(workshop, { recursive: true, force: true })
  }
}

async function loads(module, binding) {
  const { code } = await runLeashed(process.execPath, ['-e', LOADS, binding, module], { timeoutMs: 10_000 })
  return code === 0
}

async function fromSystem({ staged, binding, system }) {
  for (const folder of system) {
    const module = join(folder, NAME)
    if (!(await loads(module, binding))) continue
    await symlink(module, staged)
    return { origin: module }
  }
  return { problem: 'this machine has none' }
}

async function fromDebian({ staged, workshop, say, signal }) {
  // A library must fit the machine's own C library: no other release will do.
  const acceptable = (version) => version.startsWith('2.')
  const found = await unpackDebianPackage({ name: 'libsofthsm2', acceptable, ownRelease: true, folder: workshop, say, signal })
  if (found.root === undefined) return { problem: found.problem }
  const files = await readdir(join(found.root, 'usr', 'lib'), { recursive: true, withFileTypes: true }).catch(() => [])
  const file = files.find((entry) => entry.isFile() && entry.name === NAME)
  if (file === undefined) return { problem: `${found.release}: the package holds no ${NAME}` }
  await copyFile(join(file.parentPath ?? file.path, NAME), staged)
  return { origin: `package libsofthsm2 ${found.version} of ${found.release}` }
}
