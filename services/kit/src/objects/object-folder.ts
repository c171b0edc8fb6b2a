import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, rename, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { ReinraumError } from '@reinraum/crypto'
import { errnoOf, fileError } from './file-error.ts'
import { createKeyedMutex } from './keyed-mutex.ts'
import { objectHex } from './object-id.ts'
import type { ObjectReader, ObjectStore, Range } from './object-store.ts'
import { createPartHashes } from './part-hashes.ts'

const readBytes = 1024 * 1024

/** An object store in a folder: `parts/<hex>` while uploading, `objects/<hex>` once committed. */
export async function openObjectFolder(dir: string): Promise<ObjectStore> {
  const folders = { parts: join(dir, 'parts'), objects: join(dir, 'objects') }
  await mkdir(folders.parts, { recursive: true, mode: 0o700 })
  await mkdir(folders.objects, { recursive: true, mode: 0o700 })
  const alone = createKeyedMutex()
  const hashes = createPartHashes()
  const part = (id: string) => join(folders.parts, objectHex(id))
  const object = (id: string) => join(folders.objects, objectHex(id))

  return {
    partLength: async (partId) => (await lengthOf(part(partId))) ?? 0,
    append: (partId, offset, bytes, { sync = true } = {}) =>
      alone(partId, async () => {
        const length = await appendTo(part(partId), folders.parts, offset, bytes, sync)
        hashes.appended(partId, offset, bytes)
        return length
      }),
    sync: (partId) => alone(partId, () => withFile(part(partId), constants.O_RDWR, (file) => file.sync())),
    truncate: (partId, length) =>
      alone(partId, async () => {
        if (((await lengthOf(part(partId))) ?? 0) <= length) return
        hashes.forget(partId)
        await withFile(part(partId), constants.O_RDWR, async (file) => {
          await file.truncate(length)
          await file.sync()
        })
      }),
    discard: (partId) =>
      alone(partId, () => {
        hashes.forget(partId)
        return removeFile(part(partId), folders.parts)
      }),
    commit: (partId, objectId, length) =>
      alone(partId, async () => {
        const target = object(objectId)
        if ((await lengthOf(part(partId))) === undefined && (await lengthOf(target)) === length) return
        await withFile(part(partId), constants.O_RDWR, async (file) => {
          await requireContent(file, objectId, length, hashes.digest(partId, length))
          await file.sync()
        })
        hashes.forget(partId)
        await moveInto(part(partId), target, folders)
      }),
    ...readObjectFolder(dir),
    remove: async (objectId) => removeFile(object(objectId), folders.objects),
  }
}

/** The file of a committed object, whether or not there is one. */
export function objectFile(dir: string, objectId: string): string {
  return join(dir, 'objects', objectHex(objectId))
}

/** The committed objects of a folder; nothing is made there. */
export function readObjectFolder(dir: string): ObjectReader {
  const object = (id: string) => objectFile(dir, id)
  return {
    stat: async (objectId) => {
      const length = await lengthOf(object(objectId))
      return length === undefined ? undefined : { length }
    },
    read: (objectId, range) => readRange(object(objectId), range ?? { offset: 0 }),
  }
}

async function appendTo(path: string, folder: string, offset: number, bytes: Uint8Array, sync: boolean): Promise<number> {
  const length = (await lengthOf(path)) ?? 0
  if (offset !== length) throw new ReinraumError('offset-mismatch', `the upload continues at ${length}, not at ${offset}`)
  await withFile(path, constants.O_RDWR | constants.O_CREAT, async (file) => {
    try {
      await writeAll(file, bytes, offset)
      if (sync) await file.sync()
    } catch (error) {
      // Half a part must not stay: the next one would not fit behind it.
      await file.truncate(offset).catch(() => undefined)
      throw error
    }
  })
  if (length === 0 && sync) await syncFolder(folder)
  return length + bytes.length
}

async function writeAll(file: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, offset + done)
    done += bytesWritten
  }
}

/** @param digest of these bytes, where it was kept up while they were written; else they are read */
async function requireContent(file: FileHandle, objectId: string, length: number, digest?: string): Promise<void> {
  const { size } = await file.stat()
  if (size !== length) throw new ReinraumError('ciphertext-mismatch', `the upload has ${size} bytes instead of ${length}`)
  if (`sha256:${digest ?? (await digestOf(file, length))}` !== objectId) {
    throw new ReinraumError('ciphertext-mismatch', 'the uploaded bytes are not the ones that the manifest names')
  }
}

async function digestOf(file: FileHandle, length: number): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of chunksOf(file, 0, length)) hash.update(chunk)
  return hash.digest('hex')
}

async function moveInto(from: string, to: string, folders: { readonly parts: string; readonly objects: string }): Promise<void> {
  try {
    // Same content under the same name: replacing an object changes nothing.
    await rename(from, to)
    await syncFolder(folders.objects)
    await syncFolder(folders.parts)
  } catch (error) {
    throw fileError(error)
  }
}

async function* readRange(path: string, { offset, length }: Range): AsyncGenerator<Uint8Array> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch((error: unknown) => {
    throw errnoOf(error) === 'ENOENT' ? new ReinraumError('not-found', 'no such object') : fileError(error)
  })
  try {
    const { size } = await file.stat()
    const end = length === undefined ? size : offset + length
    if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(end) || offset < 0 || end < offset || end > size) {
      throw new ReinraumError('invalid-argument', 'the range is not inside the object')
    }
    yield* chunksOf(file, offset, end)
  } finally {
    await file.close()
  }
}

/** Each chunk is a buffer of its own: a consumer may keep it while the next one is read. */
async function* chunksOf(file: FileHandle, start: number, end: number): AsyncGenerator<Uint8Array> {
  for (let position = start; position < end; ) {
    const buffer = Buffer.allocUnsafe(Math.min(readBytes, end - position))
    const { bytesRead } = await file.read(buffer, 0, buffer.length, position).catch((error: unknown) => {
      throw fileError(error)
    })
    if (bytesRead === 0) throw new ReinraumError('ciphertext-mismatch', 'the object is shorter than it was')
    position += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}

async function withFile<T>(path: string, flags: number, use: (file: FileHandle) => Promise<T>): Promise<T> {
  let file: FileHandle | undefined
  try {
    file = await open(path, flags | constants.O_NOFOLLOW, 0o600)
    return await use(file)
  } catch (error) {
    throw fileError(error)
  } finally {
    await file?.close()
  }
}

async function lengthOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw fileError(error)
  }
}

async function removeFile(path: string, folder: string): Promise<void> {
  try {
    await unlink(path)
    await syncFolder(folder)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw fileError(error)
  }
}

/** A new name is durable only once its folder is: fsync(2). */
async function syncFolder(path: string): Promise<void> {
  await withFile(path, constants.O_RDONLY | constants.O_DIRECTORY, (folder) => folder.sync())
}
