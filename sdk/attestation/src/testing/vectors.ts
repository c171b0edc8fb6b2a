import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

const beside = join(import.meta.dirname, '../../../../../shared/vectors')
const folder = [process.env.REINRAUM_VECTORS, beside].find((path) => path !== undefined && existsSync(join(path, 'attestation')))

export const hasVectors = folder !== undefined
if (!hasVectors) console.warn('hardware vectors: skipped, neither ../shared/vectors nor REINRAUM_VECTORS holds them')

export function readVector(path: string): Uint8Array {
  return new Uint8Array(readFileSync(join(folder ?? beside, 'attestation', path)))
}

/** Every file under a folder of the vectors, as `readVector` takes them. */
export function listVectors(path: string): string[] {
  const entries = readdirSync(join(folder ?? beside, 'attestation', path), { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return files.map((file) => relative(join(folder ?? beside, 'attestation'), file)).sort()
}

/** DER of every certificate in a PEM file. */
export function readPem(path: string): Uint8Array[] {
  const text = Buffer.from(readVector(path)).toString('latin1')
  const blocks = text.matchAll(/-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----/g)
  return [...blocks].map((block) => new Uint8Array(Buffer.from(block[1] ?? '', 'base64')))
}
