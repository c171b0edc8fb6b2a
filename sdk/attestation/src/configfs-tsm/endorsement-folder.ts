import { constants } from 'node:fs'
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isReinraumError, ReinraumError } from '@reinraum/crypto'
import type { Endorsements } from '../evidence.ts'
import { maxCollateralLength } from '../tdx/collateral.ts'
import { type EndorsementInFile, maxEndorsementFileLength, readEndorsementFile } from '../x509/endorsement-file.ts'

/** Intel's collateral stands in a file of this name; every other one holds certificates or revocation lists. */
const collateralFile = 'collateral.json'
const maxFiles = 32
// What a message with evidence carries.
const maxCertificates = 8
const maxLists = 4

/**
 * Endorsements from a folder that an operator keeps fresh: certificates and revocation lists in PEM or DER, told apart by
 * their bytes, and `collateral.json`. Files whose name begins with a dot are left out, so that a new file can be written
 * there before it is renamed. Everything is read anew at each call, and what cannot be read makes the call fail.
 *
 * @throws ReinraumError `unavailable` which names the file
 */
export function endorsementFolder(folder: string): () => Promise<Endorsements> {
  return async () => {
    try {
      return await readFolder(folder)
    } catch (cause) {
      throw isReinraumError(cause) ? cause : new ReinraumError('unavailable', 'the endorsements cannot be read', { cause })
    }
  }
}

async function readFolder(folder: string): Promise<Endorsements> {
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.')).sort()
  if (names.length > maxFiles) throw new ReinraumError('unavailable', `more than ${maxFiles} files of endorsements`)
  const certificates: Uint8Array[] = []
  const crls: Uint8Array[] = []
  let collateral: Uint8Array | undefined
  for (const name of names) {
    const bytes = await readFile(join(folder, name), name)
    if (name === collateralFile) collateral = requireJsonObject(bytes, name)
    else for (const { kind, der } of endorsementsIn(bytes, name)) (kind === 'crl' ? crls : certificates).push(der)
  }
  if (certificates.length > maxCertificates || crls.length > maxLists) {
    throw new ReinraumError('unavailable', `more than ${maxCertificates} certificates or ${maxLists} revocation lists`)
  }
  return { certificates, crls, ...(collateral === undefined ? {} : { collateral }) }
}

async function readFile(path: string, name: string): Promise<Uint8Array> {
  const maxLength = name === collateralFile ? maxCollateralLength : maxEndorsementFileLength
  // Not blocking: a pipe in this folder would otherwise hold up every answer.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const { size } = await file.stat()
    if (size === 0 || size > maxLength) {
      throw new ReinraumError('unavailable', `${name} is empty or has more than ${maxLength} bytes`)
    }
    const bytes = new Uint8Array(size)
    const { bytesRead } = await file.read(bytes, { position: 0 })
    if (bytesRead !== size) throw new ReinraumError('unavailable', `${name} could not be read whole`)
    return bytes
  } finally {
    await file.close()
  }
}

function endorsementsIn(bytes: Uint8Array, name: string): readonly EndorsementInFile[] {
  const reading = readEndorsementFile(bytes)
  if ('problem' in reading) throw new ReinraumError('unavailable', `${name} ${reading.problem}`)
  return reading.endorsements
}

/** A file that was caught half written is no JSON; what it says is for `appraise` to read. */
function requireJsonObject(bytes: Uint8Array, name: string): Uint8Array {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return bytes
  } catch {
    // Said below: the parser's own message quotes its input.
  }
  throw new ReinraumError('unavailable', `${name} is no JSON object`)
}
