import { lstat, readlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import type { ProgramModule } from './program.ts'
import type { RunFolder } from './run-folder.ts'

/** One thing that the query process finds in its root, at the path that it has outside. */
export type Entry =
  | { readonly kind: 'directory' | 'file'; readonly path: string; readonly options: string }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  | ({ readonly kind: 'text' } & ProgramModule)

const readOnly = 'ro,nosuid,nodev'

/** The programs that the last steps into the query process take, and the libraries of all of it. */
const system = ['/lib', '/lib64', '/usr/lib', '/usr/lib64', '/etc/ld.so.cache']
const tools = ['umount', 'prlimit', 'setpriv'] as const
const toolFolders = ['/usr/bin', '/usr/sbin', '/bin', '/sbin']

export type ToolPaths = Readonly<Record<(typeof tools)[number], string>>

/** What is the same for every run of this host. */
export interface Programs {
  readonly entries: readonly Entry[]
  readonly tools: ToolPaths
}

/** @throws when the host lacks a tool or the engine is not installed where it is expected */
export async function findPrograms(): Promise<Programs> {
  const found = Object.fromEntries(await Promise.all(tools.map(async (name) => [name, await findTool(name)] as const)))
  // All of its packages, and no other: the file lies in its package, and that beside those of the platforms.
  const engine = dirname(dirname(createRequire(import.meta.url).resolve('@duckdb/node-bindings')))
  const needed = [...system, ...Object.values(found), process.execPath, engine]
  const entries = await Promise.all(needed.map(entryOf))
  return { entries: entries.flatMap((entry) => entry ?? []), tools: found as ToolPaths }
}

/** The datasets to read, the one file to write, and the folder to spill into. */
export function entriesOfRun({ data, result, spill }: RunFolder): readonly Entry[] {
  const written = 'nosuid,nodev,noexec'
  return [
    { kind: 'directory', path: data, options: `${readOnly},noexec` },
    { kind: 'file', path: result, options: written },
    ...(spill === undefined ? [] : [{ kind: 'directory', path: spill.temporary, options: written } as const]),
  ]
}

/**
 * Runs as the first process of fresh namespaces. It waits until its users are mapped, builds a root in memory out of nothing
 * but the entries it is given, and leaves the host's root for good: unmounted, with nothing of it in sight. `/proc` is there
 * for as long as umount(8) needs it. What comes after `--` is the program that runs in that root. Each command is a process to
 * start, for every run: one makes all folders, and one mounts all there is to mount, also over the list of it.
 */
export const enterPrivateRoot = `set -euf
IFS='
'
umask 022
echo
read -r _
root=$1 folders=$2 mounts=$3 table=$1$4/fstab
shift 4
echo 0 > /proc/sys/user/max_user_namespaces || true
mount -t tmpfs -o mode=755,size=1m,nosuid,nodev none "$root"
mkdir -p $folders
while [ "$1" != -- ]; do
  case $1 in
    link) ln -s "$3" "$root$2" ;;
    text) printf %s "$3" > "$root$2" ;;
    file) : > "$root$2" ;;
  esac
  shift 3
done
umount=$2
shift 2
printf '%s\\n' "$mounts" > "$table"
mount --all --fstab "$table"
mount -o remount,bind,ro,nosuid,nodev "$root"
cd "$root"
pivot_root . .
"$umount" -l .
"$umount" -l /proc
cd /
unset PWD OLDPWD
exec "$@"`

/** Arguments of the script, in its order. @throws when a path has a line break in it, which separates paths here */
export function scriptArguments(
  folder: RunFolder,
  programs: Programs,
  modules: readonly ProgramModule[],
  command: readonly string[],
): readonly string[] {
  const texts = modules.map((module) => ({ kind: 'text', ...module }) as const)
  const entries: readonly Entry[] = [...programs.entries, ...texts, ...entriesOfRun(folder)]
  const folders = entries.map(({ kind, path }) => `${folder.root}${kind === 'directory' ? path : dirname(path)}`)
  if ([...entries, { path: folder.root }].some(({ path }) => path.includes('\n'))) throw new Error('a path of two lines')
  const mounts = entries.flatMap((entry) =>
    'options' in entry ? [mountOf(folder.root, entry.path, `bind,${entry.options}`)] : [],
  )
  const words = entries.flatMap((entry) => {
    if (entry.kind === 'directory') return []
    return [entry.kind, entry.path, entry.kind === 'link' ? entry.target : entry.kind === 'text' ? entry.text : '']
  })
  const made = [...new Set([...folders, `${folder.root}/proc`])].join('\n')
  const table = [...mounts, mountOf(folder.root, '/proc', 'rbind')].join('\n')
  return [folder.root, made, table, folder.data, ...words, '--', programs.tools.umount, ...command]
}

/** A line of fstab(5), which separates by blanks. */
function mountOf(root: string, path: string, options: string): string {
  const [from, to] = [path, `${root}${path}`].map((text) => text.replaceAll(/[ \t\\]/g, (blank) => octal(blank)))
  return `${from} ${to} none ${options} 0 0`
}

function octal(character: string): string {
  return `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`
}

async function entryOf(path: string): Promise<Entry | undefined> {
  const found = await lstat(path).catch(() => undefined)
  if (found === undefined) return undefined
  if (found.isSymbolicLink()) return { kind: 'link', path, target: await readlink(path) }
  return { kind: found.isDirectory() ? 'directory' : 'file', path, options: readOnly }
}

async function findTool(name: string): Promise<string> {
  for (const folder of toolFolders) {
    const path = `${folder}/${name}`
    if ((await lstat(path).catch(() => undefined))?.isFile()) return path
  }
  throw new Error(`this host has no ${name}`)
}
