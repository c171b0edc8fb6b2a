import { type FileHandle, open, unlink } from 'node:fs/promises'
import { ReinraumError, sealStream, toBase64url } from '@reinraum/crypto'
import { fileError } from '@reinraum/kit'
import type { RootKeySource } from '../root-key/root-key-source.ts'
import type { KeyService } from '../seal/key-service.ts'
import type { Vault } from '../vault.ts'
import { createWrappingKey, useWrappingKey } from '../wrapping-key.ts'
import { copyName } from './backup-files.ts'
import { backupKeyPlace, contextOf, newHeader } from './backup-header.ts'

const running = new WeakSet<KeyService>()

/**
 * The store as it stands now, sealed with a fresh key that only the root key opens. The copy that is read from has no name any
 * more once it is complete, so that nothing of it stays when this process ends, however it ends.
 * @throws ReinraumError `sealed`, `resource-exhausted` while another one is made, `storage-full`
 */
export async function* createBackup(service: KeyService): AsyncGenerator<Uint8Array> {
  if (running.has(service)) throw new ReinraumError('resource-exhausted', 'another backup is being made')
  running.add(service)
  try {
    await using copy = await copyStore(service)
    const { line, sealed } = await service.use((vault) => sealCopy(vault, service.source, copy))
    yield line
    yield* sealed
  } finally {
    running.delete(service)
  }
}

async function copyStore({ site, opened }: KeyService): Promise<FileHandle> {
  // Who is sealed copies nothing.
  opened()
  const file = site.dataPath(copyName)
  await site.store.copyTo(file)
  try {
    return await open(file, 'r')
  } catch (error) {
    throw fileError(error)
  } finally {
    await unlink(file)
  }
}

async function sealCopy(vault: Vault, source: RootKeySource, copy: FileHandle) {
  const about = { keyService: vault.id, createdAt: vault.now().toISOString() }
  const place = backupKeyPlace(about)
  const wrapped = await createWrappingKey(vault.root, place)
  const recovery = await source.recovery?.()
  const rootKey = { kind: vault.root.kind, ...(recovery === undefined ? {} : { recovery }) }
  const { line } = newHeader({ ...about, rootKey, wrappedKey: toBase64url(wrapped) })
  const sealed = await useWrappingKey(vault.root, wrapped, place, (key) =>
    sealStream(copy.createReadStream({ autoClose: false }), { key, context: contextOf(line) }),
  )
  return { line, sealed }
}
