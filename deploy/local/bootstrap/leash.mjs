import { spawn } from 'node:child_process'

// The command replaces the shell, so that the child's pid is the command's own. The watcher beside it reads a pipe that
// only the parent holds: when the parent goes, however it went, the pipe ends and the whole process group is killed.
// The watcher is a member of that group, so its number cannot have been given to anybody else in the meantime.
const LEASH = 'exec 3<&0; (cat <&3 >/dev/null; kill -s KILL -- -$$) & exec "$@" 3<&- </dev/null'

/**
 * Starts a command that cannot outlive this process, not even when this process is killed with -9.
 * The command leads its own process group (a Ctrl-C at the terminal does not reach it: the parent decides how to stop it).
 */
export function spawnLeashed(command, args, options = {}) {
  const { stdout = 'inherit', stderr = 'inherit', cwd, env } = options
  const child = spawn('/bin/sh', ['-c', LEASH, 'leash', command, ...args], {
    cwd,
    env,
    detached: true,
    stdio: ['pipe', stdout, stderr],
  })
  // Node closes the pipe when the command ends: whatever it left behind in its group goes with it.
  child.stdin.on('error', () => {})
  return child
}

/** Sends a signal to the command and everything it started; a group that is gone already is not an error. */
export function signalGroup(child, signal) {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch (error) {
    if (error.code !== 'ESRCH') throw error
  }
}

/** Runs a command to its end on the leash. Resolves with its output; never rejects for a failing command. */
export function runLeashed(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawnLeashed(command, args, { ...options, stdout: 'pipe', stderr: 'pipe' })
    const out = []
    const err = []
    const stop = () => signalGroup(child, 'SIGKILL')
    const timer = options.timeoutMs === undefined ? undefined : setTimeout(stop, options.timeoutMs)
    options.signal?.addEventListener('abort', stop, { once: true })
    if (options.signal?.aborted) stop()
    child.stdout.on('data', (chunk) => out.push(chunk))
    child.stderr.on('data', (chunk) => {
      err.push(chunk)
      options.onError?.(chunk)
    })
    const done = (code, failure) => {
      clearTimeout(timer)
      options.signal?.removeEventListener('abort', stop)
      resolve({ code, stdout: Buffer.concat(out).toString(), stderr: failure ?? Buffer.concat(err).toString() })
    }
    child.once('error', (error) => done(127, error.message))
    child.once('close', (code) => done(code ?? 1))
  })
}
