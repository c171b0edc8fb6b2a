import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { fromUtf8, ReinraumError } from '@reinraum/crypto'
import { parse } from 'yaml'

/** @throws ReinraumError `unreadable-input` */
export async function readBytes(file: string): Promise<Uint8Array> {
  return readFile(file).catch((cause) => {
    throw new ReinraumError('unreadable-input', `cannot read ${file}`, { cause })
  })
}

/** @throws ReinraumError `unreadable-input`, also when the bytes are no UTF-8 */
export async function readText(file: string): Promise<string> {
  const bytes = await readBytes(file)
  try {
    return fromUtf8(bytes)
  } catch (cause) {
    throw new ReinraumError('unreadable-input', `${file} is not UTF-8 text`, { cause })
  }
}

/** A YAML or JSON document. @throws ReinraumError `unreadable-input` */
export async function readDocumentFile(file: string): Promise<unknown> {
  const text = await readText(file)
  if (text.trim() === '') throw new ReinraumError('unreadable-input', `${file} is empty`)
  try {
    return ['.yaml', '.yml'].includes(extname(file).toLowerCase()) ? parse(text) : JSON.parse(text)
  } catch (cause) {
    throw new ReinraumError('unreadable-input', `${file} is neither YAML nor JSON`, { cause })
  }
}
