import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ReinraumError, randomBytes } from '@reinraum/crypto'
import { memoryRootKey } from './memory-root-key.ts'
import type { RootKey } from './root-key.ts'

const keyLength = 32

/**
 * The root key as 32 bytes in a file with mode 0600. For local development only: whoever reads the file and the store has
 * every data key.
 * @param options.create makes the file when there is none; without it a missing file is an error, because a store that was
 *   written under a lost root key must never look like a fresh one
 * @throws ReinraumError `not-found`, `permission-denied` (others may read the file), `invalid-argument` (wrong length)
 */
export async function openFileRootKey(path: string, options: { readonly create: boolean }): Promise<RootKey> {
  const key = (await readKey(path)) ?? (options.create ? await createKey(path) : missing())
  return memoryRootKey('file', key)
}

async function readKey(path: string): Promise<Uint8Array | undefined> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new ReinraumError('permission-denied', 'the root key file cannot be opened', { cause: error })
  })
  if (file === undefined) return undefined
  try {
    const { mode, size } = await file.stat()
    if ((mode & 0o077) !== 0)
      throw new ReinraumError('permission-denied', 'the root key file must be readable by its owner only (0600)')
    if (size !== keyLength) throw new ReinraumError('invalid-argument', 'the root key file does not hold 32 bytes')
    return await readExactly(file)
  } finally {
    await file.close()
  }
}

async function readExactly(file: FileHandle): Promise<Uint8Array> {
  const key = new Uint8Array(keyLength)
  const { bytesRead } = await file.read(key, 0, keyLength, 0)
  if (bytesRead !== keyLength) throw new ReinraumError('invalid-argument', 'the root key file does not hold 32 bytes')
  return key
}

async function createKey(path: string): Promise<Uint8Array> {
  const key = randomBytes(keyLength)
  // 'wx': two first starts at once never overwrite each other's key.
  const file = await open(path, 'wx', 0o600)
  try {
    await file.write(key)
    await file.sync()
  } finally {
    await file.close()
  }
  await syncFolder(dirname(path))
  return key
}

/** The file's name must be durable before anything is wrapped under the key. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

function missing(): never {
  throw new ReinraumError('not-found', 'the store was written under a root key whose file is missing')
}
