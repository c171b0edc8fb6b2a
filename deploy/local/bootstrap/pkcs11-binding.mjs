import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { runLeashed } from './leash.mjs'
import { waitForLock } from './lock-file.mjs'

// What binding.gyp of the package says, in one command: no install script is run and nothing can be downloaded.
const SOURCES = ['src/dl.cpp', 'src/common.cpp', 'src/main.cpp']
const DEFINES = ['-DNAPI_DISABLE_CPP_EXCEPTIONS', '-DNODE_GYP_MODULE_NAME=pkcs11', '-DBUILDING_NODE_EXTENSION']
const OPTIONS = ['-shared', '-fPIC', '-O2', '-std=c++17', '-pthread', '-fno-exceptions', '-fno-rtti']
const HARDENING = ['-fstack-protector-strong', '-D_FORTIFY_SOURCE=2', '-Wl,-z,relro,-z,now']
const COMPILERS = ['c++', 'g++', 'clang++']

/**
 * Builds the native part of pkcs11js, once: npm runs no install scripts here. Resolves with the package's folder, or with
 * what stood in the way; only an interruption is an error. A stamp inside the package goes with it when npm replaces it.
 */
export async function ensurePkcs11Binding({ root, say = () => {}, signal, compilers = COMPILERS }) {
  const folder = join(root, 'node_modules', 'pkcs11js')
  const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => undefined)
  if (text === undefined) return { problem: 'npm did not install pkcs11js' }
  const wanted = `${JSON.parse(text).version} ${process.platform} ${process.arch}\n`
  if (await isBuilt(folder, wanted)) return { folder }
  const lock = await waitForLock(join(root, '.local', 'pkcs11js.lock'), { say, doing: 'building pkcs11js', signal })
  try {
    if (await isBuilt(folder, wanted)) return { folder }
    return await build({ root, folder, wanted, say, signal, compilers })
  } finally {
    lock.release()
  }
}

async function isBuilt(folder, wanted) {
  const stamp = await readFile(join(folder, 'build', 'stamp'), 'utf8').catch(() => undefined)
  return stamp === wanted && existsSync(join(folder, 'build', 'Release', 'pkcs11.node'))
}

// Everything is made ready aside and put in place by one rename: an interruption leaves no half of a program.
async function build({ root, folder, wanted, say, signal, compilers }) {
  if (process.platform !== 'linux') return { problem: 'it is built on Linux only' }
  const headers = headersOf(root)
  if (headers === undefined) return { problem: 'the headers of Node are not here' }
  const compiler = await firstThatRuns(compilers, signal)
  if (compiler === undefined) return { problem: `no C++ compiler is here (${compilers.join(', ')})` }
  say('Building the PKCS#11 binding (once; a few seconds)')
  const partial = join(folder, 'build.partial')
  await rm(partial, { recursive: true, force: true })
  await mkdir(join(partial, 'Release'), { recursive: true })
  try {
    const addon = join(partial, 'Release', 'pkcs11.node')
    const includes = ['-Iincludes', `-I${headers}`]
    const args = [...OPTIONS, ...HARDENING, ...DEFINES, ...includes, ...SOURCES, '-o', addon]
    const compiled = await runLeashed(compiler, args, { cwd: folder, signal })
    if (signal?.aborted) throw new Error('Interrupted')
    if (compiled.code !== 0) return { problem: `${compiler} cannot compile it: ${firstError(compiled.stderr)}` }
    const loaded = await runLeashed(process.execPath, ['-e', 'require(process.argv[1])', addon], { signal })
    if (signal?.aborted) throw new Error('Interrupted')
    if (loaded.code !== 0) return { problem: 'what was built does not load' }
    await writeFile(join(partial, 'stamp'), wanted)
    await rm(join(folder, 'build'), { recursive: true, force: true })
    await rename(partial, join(folder, 'build'))
    return { folder }
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
}

/** Of the Node that npm installed, else of the running one; the interface (Node-API) is the same in both. */
function headersOf(root) {
  const installed = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'include', 'node')
  const own = join(dirname(process.execPath), '..', 'include', 'node')
  return [installed, own].find((folder) => existsSync(join(folder, 'node_api.h')))
}

async function firstThatRuns(compilers, signal) {
  for (const compiler of compilers) {
    const { code } = await runLeashed(compiler, ['--version'], { timeoutMs: 10_000, signal })
    if (signal?.aborted) throw new Error('Interrupted')
    if (code === 0) return compiler
  }
  return undefined
}

function firstError(text) {
  const lines = text.split('\n')
  return (lines.find((line) => line.includes('error')) ?? lines[0] ?? '').slice(0, 300)
}
