import { existsSync } from 'node:fs'
import { join } from 'node:path'

const beside = join(import.meta.dirname, '../../../../../shared/vectors')
const folder = [process.env.REINRAUM_VECTORS, beside].find((path) => path !== undefined && existsSync(join(path, 'attestation')))

export const hasVectors = folder !== undefined

/** Where a vector is: the command line is given files, not bytes. */
export function vectorFile(path: string): string {
  return join(folder ?? beside, 'attestation', path)
}
