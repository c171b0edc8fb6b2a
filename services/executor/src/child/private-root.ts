import { lstat, readlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RunFolder } from './run-folder.ts'

/** One thing that the query process finds in its root, at the path that it has outside. */
export type Entry =
  | { readonly kind: 'directory' | 'file'; readonly path: string; readonly options: string }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }

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
  const own = dirname(fileURLToPath(import.meta.url))
  const engine = dirname(dirname(dirname(createRequire(import.meta.url).resolve('@duckdb/node-bindings'))))
  const needed = [...system, ...Object.values(found), process.execPath, engine, own, packageOf(own)]
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
 * but the entries it is given, and leaves the host's root for good: unmounted, with nothing of it in sight. `/proc` is there for as long
 * as umount(8) needs it. What comes after `--` is the program that runs in that root.
 */
export const enterPrivateRoot = `set -eu
umask 022
echo
read -r _
root=$1
shift
echo 0 > /proc/sys/user/max_user_namespaces || true
mount -t tmpfs -o mode=755,size=1m,nosuid,nodev none "$root"
while [ "$1" != -- ]; do
  kind=$1 path=$2 how=$3
  shift 3
  mkdir -p "$root\${path%/*}"
  case $kind in
    link) ln -s "$how" "$root$path" && continue ;;
    directory) mkdir -p "$root$path" ;;
    file) : > "$root$path" ;;
  esac
  mount --bind -o "$how" "$path" "$root$path"
done
umount=$2
shift 2
mkdir "$root/proc"
mount --rbind /proc "$root/proc"
mount -o remount,bind,ro,nosuid,nodev "$root"
cd "$root"
pivot_root . .
"$umount" -l .
"$umount" -l /proc
cd /
unset PWD OLDPWD
exec "$@"`

/** Arguments of the script, in its order. */
export function scriptArguments(folder: RunFolder, programs: Programs, command: readonly string[]): readonly string[] {
  const entries = [...programs.entries, ...entriesOfRun(folder)]
  const words = entries.flatMap((entry) => [entry.kind, entry.path, entry.kind === 'link' ? entry.target : entry.options])
  return [folder.root, ...words, '--', programs.tools.umount, ...command]
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

/** It says that the sources are modules. */
function packageOf(folder: string): string {
  return join(folder, '../../package.json')
}
