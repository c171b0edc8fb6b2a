import { ReinraumError } from '@reinraum/crypto'
import { oneLineName, readSmallFile } from './files.ts'

/**
 * Evidence as the hardware made it: raw bytes. Text that holds those bytes is refused with the way to make it binary,
 * because to guess an encoding is to appraise something else than what was handed over.
 * @throws ReinraumError `unreadable-input`
 */
export async function readBinaryFile(file: string, maxBytes: number): Promise<Uint8Array> {
  const bytes = await readSmallFile(file, maxBytes)
  const why = textIn(bytes)
  if (why !== null) throw new ReinraumError('unreadable-input', `${oneLineName(file)} ${why}`)
  return bytes
}

function textIn(bytes: Uint8Array): string | null {
  const start = bytes.subarray(0, 4096)
  if (!start.every((byte) => (byte >= 0x20 && byte < 0x7f) || byte === 0x09 || byte === 0x0a || byte === 0x0d)) return null
  const text = Buffer.from(start).toString('latin1').trim()
  if (/^[{[]/.test(text)) return 'is JSON, where raw bytes are expected: take the evidence out of it first'
  if (/^(?:0x)?[0-9a-fA-F\s]+$/.test(text)) return 'is hex, where raw bytes are expected: convert it with xxd -r -p'
  if (/^[A-Za-z0-9+/_=\s-]+$/.test(text)) return 'is base64, where raw bytes are expected: convert it with base64 -d'
  return 'is text, where raw bytes are expected'
}
