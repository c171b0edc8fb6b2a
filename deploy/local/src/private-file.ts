import { mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Writes a file that only its owner reads, whole or not at all. */
export async function writePrivateFile(path: string, content: string | Uint8Array): Promise<void> {
  await writeWhole(path, content, 0o600)
}

/** Writes a file that anyone may read, whole or not at all. */
export async function writePublicFile(path: string, content: string | Uint8Array): Promise<void> {
  await writeWhole(path, content, 0o644)
}

async function writeWhole(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const aside = `${path}.new`
  await writeFile(aside, content, { mode })
  await rename(aside, path)
}
