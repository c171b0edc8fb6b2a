import { constants } from 'node:fs'
import { access, chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { unpackDebianPackage } from './debian-package.mjs'
import { runLeashed } from './leash.mjs'
import { waitForLock } from './lock-file.mjs'

// moto 5 answers conditional writes (`If-None-Match`) as S3 does.
const acceptable = (version) => /^([5-9]|[1-9]\d)\./.test(version)
// What its server needs and the package does not name.
const FURTHER = ['python3-flask-cors']
// Descriptions of every other service, more than half of it all.
const UNUSED = 'usr/lib/python3/dist-packages/botocore/data'

/**
 * Makes sure that `<folder>/s3-server` starts an S3 server of other people's making: moto, from the machine's own package
 * archive, with the Python and the C library that it was built for. Resolves with its path, or with what stood in the way;
 * only an interruption is an error.
 */
export async function ensureS3Server({ folder, say = () => {}, signal }) {
  const program = join(folder, 's3-server')
  if (await isThere(program)) return { program }
  const lock = await waitForLock(join(folder, 'lock'), { say, doing: 'fetching an S3 server', signal })
  try {
    return (await isThere(program)) ? { program } : await fetchS3Server({ folder, program, say, signal })
  } finally {
    lock.release()
  }
}

// Everything is made ready aside and put in place by renames, the program last: an interruption leaves no half of it.
async function fetchS3Server({ folder, program, say, signal }) {
  const workshop = join(folder, '.partial')
  await rm(workshop, { recursive: true, force: true })
  await mkdir(workshop)
  try {
    const found = await unpackDebianPackage({ name: 'python3-moto', acceptable, closure: FURTHER, folder: workshop, say, signal })
    if (signal?.aborted) throw new Error('Interrupted')
    if (found.root === undefined) return { problem: found.problem }
    await rm(join(found.root, UNUSED), { recursive: true, force: true })
    const script = await startScript(found.root)
    if (script === undefined) return { problem: `${found.release}: the packages hold no Python` }
    const staged = join(workshop, 's3-server')
    await writeFile(staged, script)
    await chmod(staged, 0o755)
    await rename(found.root, join(workshop, 'root'))
    if (!(await runs(staged))) return { problem: `${found.release}: does not run here` }
    const origin = `package python3-moto ${found.version} of ${found.release}`
    await writeFile(join(folder, 'origin.json'), `${JSON.stringify({ origin }, null, 2)}\n`)
    await rm(join(folder, 'root'), { recursive: true, force: true })
    await rename(join(workshop, 'root'), join(folder, 'root'))
    await rename(staged, program)
    return { program }
  } finally {
    await rm(workshop, { recursive: true, force: true })
  }
}

/** It was started once before it got its name. */
async function isThere(program) {
  return access(program, constants.X_OK).then(
    () => true,
    () => false,
  )
}

async function runs(program) {
  const { code } = await runLeashed(program, ['--help'], { timeoutMs: 60_000 })
  return code === 0
}

/** Starts the unpacked Python by the unpacked loader: the machine's own may be older. */
async function startScript(root) {
  const entries = async (path) => readdir(join(root, path)).catch(() => [])
  const python = (await entries('usr/bin')).find((name) => /^python3\.\d+$/.test(name))
  const libraries = (await entries('usr/lib')).find((name) => name.endsWith('-linux-gnu'))
  const loader = (await entries(`usr/lib/${libraries}`)).find((name) => /^ld-linux.*\.so/.test(name))
  if (python === undefined || loader === undefined) return undefined
  return `#!/bin/sh
root=$(dirname "$0")/root
exec env -i S3_UPLOAD_PART_MIN_SIZE="\${S3_UPLOAD_PART_MIN_SIZE:-5242880}" \\
  PATH=/usr/bin:/bin PYTHONHOME="$root/usr" PYTHONPATH="$root/usr/lib/python3/dist-packages" PYTHONWARNINGS=ignore \\
  "$root/usr/lib/${libraries}/${loader}" --library-path "$root/usr/lib/${libraries}" \\
  "$root/usr/bin/${python}" -s -c 'import sys; from moto.server import main; main(sys.argv[1:])' "$@"
`
}
