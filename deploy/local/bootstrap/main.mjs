import { constants } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { signalGroup, spawnLeashed } from './leash.mjs'
import { ensureNatsServer } from './nats-server.mjs'
import { pickNode } from './node-version.mjs'
import { ensurePackages } from './npm-packages.mjs'
import { ensurePkcs11Binding } from './pkcs11-binding.mjs'
import { ensureS3Server } from './s3-server.mjs'
import { ensureSoftHsm } from './softhsm.mjs'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const fromSource = ['--tls-min-v1.3', '--conditions=source', '--disable-warning=ExperimentalWarning']
// As `npm run reinraum` has it. V8 otherwise searches its own small heap for every few MiB of buffers that go to a network.
const buffersApart = '--external-memory-accounted-in-global-limit'
const vitest = ['--disable-warning=ExperimentalWarning', 'node_modules/vitest/vitest.mjs', 'run']
const programs = {
  start: [...fromSource, 'deploy/local/src/start.ts'],
  test: vitest,
  'test:long': [...vitest, '--mode', 'long'],
  bench: [...fromSource, buffersApart, 'e2e/bench/main.ts'],
  // Only prepares: what a script needs that runs several programs afterwards.
  install: undefined,
}

// A program that was asked to stop and does not is killed, with everything it started.
const STOP_WITHIN_MS = 30_000
// A terminal sends Ctrl-C to npm and to this process, and npm passes its own on.
const SAME_SIGNAL_MS = 500

const say = (line) => process.stderr.write(`${line}\n`)

/** Installs what is missing, runs the program, and resolves with its exit code. */
export async function main([name = '', ...rest]) {
  if (!Object.hasOwn(programs, name)) {
    throw new Error(`Usage: node deploy/local/bootstrap.mjs ${Object.keys(programs).join('|')} [-- arguments]`)
  }
  // npm appends the user's arguments after the `--` of our own script.
  const args = rest[0] === '--' ? rest.slice(1) : rest
  const stop = stopSignals()
  let node
  try {
    node = await prepare(name, stop.signal)
  } catch (error) {
    if (!stop.signal.aborted) throw error
  }
  if (stop.signal.aborted) {
    say('Interrupted; nothing is left running.')
    return 128 + constants.signals[stop.signal.reason]
  }
  return programs[name] === undefined ? 0 : await run(node, [...programs[name], ...args], stop)
}

async function prepare(name, signal) {
  await ensurePackages({ root, say, signal })
  const [node] = await Promise.all([
    pickNode(root),
    ensureNatsServer({ folder: join(root, '.local', 'nats'), say, signal }),
    // A local room keeps its root keys in files.
    name === 'start' ? undefined : prepareToken(signal),
    // And its objects in folders.
    name === 'start' ? undefined : prepareS3Server(signal),
  ])
  return node
}

/** What the tests use for a hardware token. A machine that cannot have it skips them. */
async function prepareToken(signal) {
  const { folder: binding, problem } = await ensurePkcs11Binding({ root, say, signal })
  if (binding === undefined) return say(`Going on without the PKCS#11 binding, and without the tests that need it: ${problem}.`)
  const softHsm = await ensureSoftHsm({ folder: join(root, '.local', 'softhsm'), binding, say, signal })
  if (softHsm.module === undefined) say(`Going on without SoftHSM2, and without the tests that need a token: ${softHsm.problem}.`)
}

/** What the tests use for an object store. A machine that cannot have it skips them. */
async function prepareS3Server(signal) {
  const server = await ensureS3Server({ folder: join(root, '.local', 's3'), say, signal })
  if (server.program === undefined) say(`Going on without an S3 server, and without the tests that need it: ${server.problem}.`)
}

function run(node, args, stop) {
  const path = `${join(root, 'node_modules', '.bin')}:${process.env.PATH ?? ''}`
  const child = spawnLeashed(node, args, { cwd: root, env: { ...process.env, PATH: path } })
  stop.forwardTo((signal, times) => {
    // The program stops its own children in order; whoever insists gets all of them killed.
    if (times < 3) child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal)
    else signalGroup(child, 'SIGKILL')
    setTimeout(() => signalGroup(child, 'SIGKILL'), STOP_WITHIN_MS).unref()
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, killedBy) => resolve(killedBy === null ? code : 128 + constants.signals[killedBy]))
  })
}

/** Until the program runs, a signal ends the preparations; from then on it goes to the program. */
function stopSignals() {
  const preparations = new AbortController()
  let last = Number.NEGATIVE_INFINITY
  let times = 0
  let forward = (signal) => preparations.abort(signal)
  const received = (signal) => {
    const now = performance.now()
    if (now - last < SAME_SIGNAL_MS) return
    last = now
    times += 1
    forward(signal, times)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, received)
  watchParent(() => received('SIGTERM'))
  return {
    signal: preparations.signal,
    forwardTo: (next) => {
      forward = next
    },
  }
}

/** npm passes signals on, but when npm itself is killed outright only the change of parent tells. */
function watchParent(gone) {
  if (process.env.npm_lifecycle_event === undefined) return
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    gone()
  }, 500)
  timer.unref()
}
