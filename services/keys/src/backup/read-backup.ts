import { type FileHandle, open } from 'node:fs/promises'
import { fromBase64url, ReinraumError, unsealedLength, unsealStream } from '@reinraum/crypto'
import type { RootKey } from '../root-key/root-key.ts'
import { useWrappingKey } from '../wrapping-key.ts'
import { type BackupHeader, backupKeyPlace, contextOf, maximumHeaderBytes, parseHeader } from './backup-header.ts'

/** A backup whose header was read; nothing of it is authentic before its content was. */
export interface OpenBackup {
  readonly file: string
  readonly header: BackupHeader
  /** Whether its length can be that of a whole backup. @throws ReinraumError `decryption-failed` */
  requireWhole(): Promise<void>
  /**
   * The database inside, in pieces. It is whole only when the stream ends without an error.
   * @throws ReinraumError `decryption-failed` for another root key, an altered or a truncated backup
   */
  content(root: RootKey): Promise<AsyncIterable<Uint8Array>>
  [Symbol.asyncDispose](): Promise<void>
}

/** @throws ReinraumError `unreadable-input`, `unsupported` */
export async function openBackup(file: string): Promise<OpenBackup> {
  const handle = await open(file).catch((cause) => {
    throw new ReinraumError('unreadable-input', 'the backup cannot be opened', { cause })
  })
  try {
    const line = await readLine(handle)
    const header = parseHeader(line.subarray(0, -1))
    return {
      file,
      header,
      requireWhole: async () => void unsealedLength((await handle.stat()).size - line.length),
      content: (root) =>
        useWrappingKey(root, fromBase64url(header.wrappedKey), backupKeyPlace(header), (key) =>
          unsealStream(handle.createReadStream({ start: line.length, autoClose: false }), { key, context: contextOf(line) }),
        ),
      [Symbol.asyncDispose]: () => handle.close(),
    }
  } catch (error) {
    await handle.close()
    throw error
  }
}

async function readLine(handle: FileHandle): Promise<Uint8Array> {
  const buffer = Buffer.alloc(maximumHeaderBytes)
  const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0)
  const end = buffer.subarray(0, bytesRead).indexOf(10)
  if (end < 0) throw new ReinraumError('unreadable-input', 'this is no backup of a key service')
  return buffer.subarray(0, end + 1)
}
