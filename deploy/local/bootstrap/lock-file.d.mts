export type LockAttempt =
  | { readonly release: () => void; readonly holder?: never }
  | { readonly holder: number; readonly release?: never }

export function acquireLock(file: string): LockAttempt

export function waitForLock(
  file: string,
  options: { readonly say: (line: string) => void; readonly doing: string; readonly signal?: AbortSignal },
): Promise<{ readonly release: () => void }>

export function isRunning(pid: number, started: string | null): boolean

export function startOf(pid: number): string | null
