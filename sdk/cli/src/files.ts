import { open, readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { fromUtf8, parseStrictJson, ReinraumError } from '@reinraum/crypto'
import { parse } from 'yaml'

/** @throws ReinraumError `unreadable-input` */
export async function readBytes(file: string): Promise<Uint8Array> {
  return readFile(file).catch((cause) => {
    throw new ReinraumError('unreadable-input', `cannot read ${oneLineName(file)}`, { cause })
  })
}

/**
 * A file that is expected to be small: never more of it is held than the limit. Reads pipes too.
 * @throws ReinraumError `unreadable-input`, also when it is empty or longer than `maxBytes`
 */
export async function readSmallFile(file: string, maxBytes: number): Promise<Uint8Array> {
  const bytes = await readUpTo(file, maxBytes + 1).catch((cause) => {
    throw new ReinraumError('unreadable-input', `cannot read ${oneLineName(file)}`, { cause })
  })
  if (bytes.length === 0) throw new ReinraumError('unreadable-input', `${oneLineName(file)} is empty`)
  if (bytes.length > maxBytes) {
    throw new ReinraumError('unreadable-input', `${oneLineName(file)} is longer than the ${maxBytes} bytes that it may have`)
  }
  return bytes
}

async function readUpTo(file: string, limit: number): Promise<Uint8Array> {
  const handle = await open(file)
  try {
    const { size } = await handle.stat()
    // A pipe has no size; it grows as it is read.
    let bytes = new Uint8Array(Math.min(limit, Math.max(size + 1, 4096)))
    let length = 0
    while (length < limit) {
      if (length === bytes.length) bytes = grown(bytes, limit)
      const { bytesRead } = await handle.read(bytes, length, bytes.length - length)
      if (bytesRead === 0) break
      length += bytesRead
    }
    return bytes.slice(0, length)
  } finally {
    await handle.close()
  }
}

function grown(bytes: Uint8Array, limit: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.min(limit, bytes.length * 2))
  larger.set(bytes)
  return larger
}

/** A file's name as part of a sentence: others may have named it, and a line break would begin a sentence of theirs. */
export function oneLineName(file: string): string {
  return file.replaceAll('\n', '\\n').replaceAll('\t', '\\t')
}

/** @throws ReinraumError `unreadable-input`, also when the bytes are no UTF-8 */
export async function readText(file: string): Promise<string> {
  return decode(file, await readBytes(file))
}

function decode(file: string, bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes)
  } catch (cause) {
    throw new ReinraumError('unreadable-input', `${oneLineName(file)} is not UTF-8 text`, { cause })
  }
}

/** A YAML or JSON document. @throws ReinraumError `unreadable-input` */
export async function readDocumentFile(file: string): Promise<unknown> {
  return parseDocument(file, await readText(file))
}

/** The same, of bounded length. @throws as `readDocumentFile` and `readSmallFile` */
export async function readSmallDocument(file: string, maxBytes: number): Promise<unknown> {
  return parseDocument(file, decode(file, await readSmallFile(file, maxBytes)))
}

function parseDocument(file: string, text: string): unknown {
  if (text.trim() === '') throw new ReinraumError('unreadable-input', `${oneLineName(file)} is empty`)
  const isYaml = ['.yaml', '.yml'].includes(extname(file).toLowerCase())
  try {
    // Both refuse a name that is there twice: its reader sees the first one, and the last one would count.
    return isYaml ? parse(text) : parseStrictJson(text)
  } catch (cause) {
    const wanted = isYaml ? 'YAML document' : 'JSON document (one in YAML is named .yaml or .yml)'
    throw new ReinraumError('unreadable-input', `${oneLineName(file)} is no ${wanted}, or says something twice`, { cause })
  }
}
