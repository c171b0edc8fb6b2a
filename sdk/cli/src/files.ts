import { readFile, writeFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { ReinraumError } from '@reinraum/crypto'
import { parse } from 'yaml'

/** @throws ReinraumError `unreadable-input` */
export async function readBytes(file: string): Promise<Uint8Array> {
  return readFile(file).catch((cause) => {
    throw new ReinraumError('unreadable-input', `cannot read ${file}`, { cause })
  })
}

/** A YAML or JSON document. @throws ReinraumError `unreadable-input` */
export async function readDocumentFile(file: string): Promise<unknown> {
  const text = Buffer.from(await readBytes(file)).toString('utf8')
  try {
    return ['.yaml', '.yml'].includes(extname(file).toLowerCase()) ? parse(text) : JSON.parse(text)
  } catch (cause) {
    throw new ReinraumError('unreadable-input', `${file} is neither YAML nor JSON`, { cause })
  }
}

/** Writes a new file and never over an old one. @throws ReinraumError `already-exists`, `storage-full` */
export async function writeNew(file: string, content: string | Uint8Array, mode: number): Promise<void> {
  try {
    await writeFile(file, content, { flag: 'wx', mode, flush: true })
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    if (code === 'EEXIST') throw new ReinraumError('already-exists', `${file} exists already`, { cause })
    if (code === 'ENOSPC') throw new ReinraumError('storage-full', `no room left for ${file}`, { cause })
    throw new ReinraumError('unreadable-input', `cannot write ${file}`, { cause })
  }
}
