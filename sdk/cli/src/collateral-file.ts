import { maxCollateralLength, tdxCollateralSchema } from '@reinraum/attestation'
import { parseStrictJson, ReinraumError } from '@reinraum/crypto'
import { oneLineName, readSmallFile } from './files.ts'

/**
 * Intel's collateral, as it is handed to the appraisal. A file that is something else is a slip of whoever typed the
 * command, and is not judged.
 * @throws ReinraumError `unreadable-input`
 */
export async function readCollateralFile(file: string): Promise<Uint8Array> {
  const bytes = await readSmallFile(file, maxCollateralLength)
  const parsed = tdxCollateralSchema.safeParse(parse(file, bytes))
  if (parsed.success) return bytes
  const fields = [...new Set(parsed.error.issues.map((issue) => issue.path.join('.') || 'all'))].join(', ')
  throw new ReinraumError(
    'unreadable-input',
    `${oneLineName(file)} is no collateral: of its nine fields, wrong or missing are ${fields}`,
  )
}

function parse(file: string, bytes: Uint8Array): unknown {
  try {
    return parseStrictJson(bytes, { maxBytes: maxCollateralLength })
  } catch (cause) {
    throw new ReinraumError('unreadable-input', `${oneLineName(file)} is no JSON document`, { cause })
  }
}
