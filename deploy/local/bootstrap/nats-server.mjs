import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { access, chmod, copyFile, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { unpackDebianPackage } from './debian-package.mjs'
import { runLeashed } from './leash.mjs'
import { waitForLock } from './lock-file.mjs'

// Stream metadata, several filter subjects and `sync_interval` need 2.10.
const FLOOR = [2, 10]

// From the project's own container recipes (nats-io/nats-docker, 2.11.x/alpine3.22/Dockerfile).
const RELEASE = {
  version: '2.11.17',
  sha256: {
    x64: ['amd64', 'ad608dd0ea8bbfa58c40e3b8f58ed67478eec26166ec49c502db8d17589b51b5'],
    arm64: ['arm64', 'd21df24f262f34f8bf6d1f0bca557c08429e433fd9f60f6983105539ae517feb'],
  },
}
const RELEASE_MAX_BYTES = 64 * 1024 * 1024

/** True for a version text (`2.10.27`, `v2.11.1`, `2.10.27-1+b2`) that is new enough. */
export function isUsableVersion(text) {
  const match = /^v?(\d+)\.(\d+)\.\d+/.exec(text)
  if (!match) return false
  const [major, minor] = [Number(match[1]), Number(match[2])]
  return major > FLOOR[0] || (major === FLOOR[0] && minor >= FLOOR[1])
}

/** Runs the program and reads its version; undefined where it does not run. */
export async function versionOf(program) {
  const { code, stdout } = await runLeashed(program, ['--version'], { timeoutMs: 10_000 })
  return code === 0 ? /nats-server: v(\S+)/.exec(stdout)?.[1] : undefined
}

/**
 * Makes sure that `<folder>/nats-server` is a nats-server that runs here and is new enough: the one in PATH, else the
 * distribution's, else the official release. Resolves with its path and version; throws one sentence when there is no way.
 */
export async function ensureNatsServer({ folder, say = () => {}, signal, path = process.env.PATH ?? '' }) {
  const program = join(folder, 'nats-server')
  const present = await usable(program)
  if (present !== undefined) return { program, version: present }

  const lock = await waitForLock(join(folder, 'lock'), { say, doing: 'fetching nats-server', signal })
  try {
    const meanwhile = await usable(program)
    return { program, version: meanwhile ?? (await fetchNatsServer({ folder, program, say, signal, path })) }
  } finally {
    lock.release()
  }
}

// Everything is made ready aside and put in place by one rename: an interruption leaves no half of a program.
async function fetchNatsServer({ folder, program, say, signal, path }) {
  const workshop = join(folder, '.partial')
  await rm(workshop, { recursive: true, force: true })
  await mkdir(workshop)
  try {
    const staged = join(workshop, 'nats-server')
    const problems = []
    for (const way of [fromPath, fromDebian, fromRelease]) {
      const outcome = await way({ staged, workshop, say, signal, path })
      if (signal?.aborted) throw new Error('Interrupted')
      const version = outcome.problem === undefined ? await usable(staged) : undefined
      if (version !== undefined) {
        await writeFile(join(folder, 'origin.json'), `${JSON.stringify({ version, origin: outcome.origin }, null, 2)}\n`)
        await rename(staged, program)
        return version
      }
      problems.push(outcome.problem ?? `${outcome.origin}: does not run here`)
      await rm(staged, { force: true })
    }
    throw new Error(
      `No nats-server ${FLOOR.join('.')} or newer could be had (${problems.join(' | ')}): please put one into PATH.`,
    )
  } finally {
    await rm(workshop, { recursive: true, force: true })
  }
}

async function usable(program) {
  const runs = await access(program, constants.X_OK).then(
    () => true,
    () => false,
  )
  const version = runs ? await versionOf(program) : undefined
  return version !== undefined && isUsableVersion(version) ? version : undefined
}

async function fromPath({ staged, path }) {
  for (const folder of path.split(delimiter).filter((entry) => entry.startsWith('/'))) {
    const program = join(folder, 'nats-server')
    if ((await usable(program)) === undefined) continue
    await symlink(program, staged)
    return { origin: program }
  }
  return { problem: 'PATH has none' }
}

async function fromDebian({ staged, workshop, say, signal }) {
  const found = await unpackDebianPackage({ name: 'nats-server', acceptable: isUsableVersion, folder: workshop, say, signal })
  if (found.root === undefined) return { problem: found.problem }
  for (const place of ['usr/bin/nats-server', 'usr/sbin/nats-server']) {
    const copied = await copyFile(join(found.root, place), staged).then(
      () => true,
      () => false,
    )
    if (!copied) continue
    await chmod(staged, 0o755)
    return { origin: `package nats-server ${found.version} of ${found.release}` }
  }
  return { problem: `${found.release}: the package holds no nats-server` }
}

async function fromRelease({ staged, workshop, say, signal }) {
  const pinned = process.platform === 'linux' ? RELEASE.sha256[process.arch] : undefined
  if (pinned === undefined) return { problem: `no release is pinned for ${process.platform} ${process.arch}` }
  const [architecture, sha256] = pinned
  const name = `nats-server-v${RELEASE.version}-linux-${architecture}`
  const url = `https://github.com/nats-io/nats-server/releases/download/v${RELEASE.version}/${name}.tar.gz`
  say(`Fetching the official release of nats-server ${RELEASE.version}`)
  return await unpackRelease({ url, sha256, name, staged, workshop, signal })
}

/** Fetches a release archive, refuses it unless it has exactly the pinned SHA-256, and puts its program at `staged`. */
export async function unpackRelease({ url, sha256, name, staged, workshop, signal }) {
  let bytes
  try {
    bytes = await download(url, signal)
  } catch (error) {
    return { problem: `${new URL(url).host}: ${error.cause?.code ?? error.message}` }
  }
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) return { problem: `${url} has not the pinned SHA-256` }
  const archive = join(workshop, 'release.tar.gz')
  await writeFile(archive, bytes)
  const tar = await runLeashed('tar', ['-xzf', archive, '-C', workshop, `${name}/nats-server`], { signal })
  if (tar.code !== 0) return { problem: 'the release could not be unpacked' }
  await rename(join(workshop, name, 'nats-server'), staged)
  return { origin: url }
}

async function download(url, signal) {
  const limit = AbortSignal.timeout(180_000)
  const response = await fetch(url, { signal: signal === undefined ? limit : AbortSignal.any([limit, signal]) })
  if (!response.ok || response.body === null) throw new Error(`HTTP status ${response.status}`)
  const parts = []
  let length = 0
  for await (const part of response.body) {
    length += part.length
    if (length > RELEASE_MAX_BYTES) throw new Error('longer than a release can be')
    parts.push(part)
  }
  return Buffer.concat(parts)
}
