import type { ChildProcess } from 'node:child_process'
import type { Writable } from 'node:stream'

export type LeashOptions = {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
}
export type LeashOutput = 'inherit' | 'pipe' | 'ignore' | number

export function spawnLeashed(
  command: string,
  args: readonly string[],
  options?: LeashOptions & { readonly stdout?: LeashOutput; readonly stderr?: LeashOutput },
): ChildProcess & { readonly stdin: Writable }

export function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void

export function runLeashed(
  command: string,
  args: readonly string[],
  options?: LeashOptions & { readonly signal?: AbortSignal; readonly timeoutMs?: number },
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>
