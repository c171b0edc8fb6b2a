import { enterPrivateRoot, type Programs, scriptArguments } from './private-root.ts'
import { loadProgram, type Program } from './program.ts'
import type { RunFolder } from './run-folder.ts'

export interface ChildLimits {
  /** for the query engine */
  readonly memoryMiB: number
  readonly timeoutMs: number
  /** processor time of all threads together; wall time times threads bounds it anyway */
  readonly cpuSeconds: number
  readonly threads: number
  /** of the result's file */
  readonly resultBytes: number
}

/** How far this host lets the child be confined. */
export interface Confinement {
  /** own user, network and IPC namespaces: no network at all */
  readonly namespaces: boolean
  /** resource limits: memory, processor time, the length of a file, no core dumps, few handles */
  readonly resourceLimits: boolean
  /** no capabilities, none to be gained, and no life without the parent */
  readonly privileges: boolean
  /** own mount and process namespaces: no files but the engine's and the run's, no other process; undefined where refused */
  readonly privateRoot: Programs | undefined
}

const network = ['--net', '--ipc', '--uts']
const unshareNetwork = ['unshare', '--user', '--map-current-user', ...network, '--']
const unshareAll = [
  ...['unshare', '--user', '--keep-caps', '--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child=KILL'],
  ...[...network, '--'],
]
const diesWithParent = ['--pdeathsig', 'KILL']
const noPrivileges = ['--no-new-privs', '--inh-caps=-all', '--ambient-caps=-all', '--bounding-set=-all', ...diesWithParent]

export const probes = {
  namespaces: [...unshareNetwork, 'true'],
  resourceLimits: ['prlimit', '--core=0', '--', 'true'],
  privileges: ['setpriv', ...noPrivileges, '--', 'true'],
  together: [...unshareNetwork, 'setpriv', ...noPrivileges, '--', 'true'],
} as const

/** The user of a query process whose parent is root: root is exempt from the limit on processes. */
const nobody = 65534

/** What `/proc/PID/uid_map` says of the child's user namespace, line for line. */
export function userMapOf(id: number): string {
  return id === 0 ? `0 0 1\n${nobody} ${nobody} 1\n` : `0 ${id} 1\n`
}

/** The program that answers one query: of the same flavour as this process, sources as they are or built files. */
const queryProgram = loadProgram(new URL(import.meta.url.endsWith('.ts') ? './main.ts' : './main.js', import.meta.url))

/** The whole command line of a query process, from what confines it to its own program. */
export function commandLine(
  limits: ChildLimits,
  confinement: Confinement,
  folder: RunFolder,
  { path, modules }: Program = queryProgram,
): readonly string[] {
  const { privateRoot, namespaces, resourceLimits, privileges } = confinement
  const spilling = folder.spill === undefined ? [] : [folder.spill.temporary, `${folder.spill.mebibytes}`]
  const engine = [folder.result, `${limits.memoryMiB}`, `${limits.threads}`, ...spilling]
  const run = (file: string) => [process.execPath, ...engineFlags, file, ...engine]
  const most = limitsOf(limits, folder)
  if (privateRoot === undefined) {
    return [
      ...(namespaces ? unshareNetwork : []),
      ...(resourceLimits ? ['prlimit', ...most, '--'] : []),
      ...(privileges ? ['setpriv', ...noPrivileges, '--'] : []),
      ...run(path),
    ]
  }
  const { prlimit, setpriv } = privateRoot.tools
  const asRoot = process.getuid?.() === 0
  const user = asRoot ? [`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'] : []
  const processes = `--nproc=${threadsOf(limits) + (asRoot ? 0 : 1)}`
  const inside = [prlimit, ...most, processes, '--', setpriv, ...user, ...noPrivileges, '--', ...run(modules[0]?.path ?? path)]
  const script = ['/bin/sh', '-c', enterPrivateRoot, 'sh', ...scriptArguments(folder, privateRoot, modules, inside)]
  // The first one stays, waits for the query process, and takes it along when it is killed.
  return ['setpriv', ...diesWithParent, '--', ...unshareAll, ...script]
}

/** Address space that the runtime takes for itself; of it, it never touches 1.25 GiB. */
const runtimeMiB = 2048
const untouchedMiB = 1280

/** Address space, in which each thread has an arena and a stack. */
function addressSpaceOf({ memoryMiB, threads }: Pick<ChildLimits, 'memoryMiB' | 'threads'>): number {
  return runtimeMiB + memoryMiB + 128 * threads
}

/** Most memory, in MiB, that a query process of these limits can fill. */
export function mostMemoryMiB(limits: Pick<ChildLimits, 'memoryMiB' | 'threads'>): number {
  return addressSpaceOf(limits) - untouchedMiB
}

function limitsOf(limits: ChildLimits, { spill }: RunFolder): readonly string[] {
  // One limit for the result and for temporary files, which are all on the disk where there are any (`spawn.ts`
  // has the result's own).
  const longestFile = Math.max(limits.resultBytes, (spill?.mebibytes ?? 0) * 2 ** 20)
  const addressSpaceMiB = addressSpaceOf(limits)
  return ['--core=0', '--nofile=64', `--cpu=${limits.cpuSeconds}`, `--fsize=${longestFile}`, `--as=${addressSpaceMiB * 2 ** 20}`]
}

/**
 * Threads count as processes. These are all that a query process has: its main thread, two of V8's, four of libuv's, and
 * the engine's beside the one that waits for it. While they run, there is none left for a second process.
 */
function threadsOf({ threads }: ChildLimits): number {
  return 7 + threads - 1
}

const engineFlags = [
  '--max-old-space-size=256',
  '--v8-pool-size=0',
  '--disable-sigusr1',
  '--disable-wasm-trap-handler',
  '--wasm-max-mem-pages=1024',
  '--no-warnings',
]
