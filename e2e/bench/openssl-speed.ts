import { spawnSync } from 'node:child_process'

/**
 * Bytes per second of processor time of `openssl speed -evp aes-256-gcm -bytes 16384`: one process, one thread, one buffer that
 * never leaves the cache. What every rate here is a ratio to.
 */
export function opensslSpeed(): number {
  const argv = ['speed', '-mr', '-seconds', '1', '-evp', 'aes-256-gcm', '-bytes', '16384']
  const { status, stdout } = spawnSync('openssl', argv, { stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8' })
  // `+F:index:AES-256-GCM:bytes per second`
  const rate = Number(/^\+F:\d+:AES-256-GCM:([0-9.]+)/im.exec(stdout)?.[1])
  if (status !== 0 || !(rate > 0)) throw new Error('openssl speed gave no figure')
  return rate
}
