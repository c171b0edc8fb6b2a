import type { Stats } from 'node:fs'
import { opendir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type EndorsementInFile, type Endorsements, maxEndorsementFileLength, readEndorsementFile } from '@reinraum/attestation'
import { digestId, ReinraumError } from '@reinraum/crypto'
import { oneLineName, readSmallFile } from './files.ts'

const maxFiles = 64
/** as many as appraisal looks at */
const limits = { certificate: 16, crl: 8 } as const

/**
 * Certificates and revocation lists from files and folders, in PEM (any number in one file) or DER. A folder is read
 * without its subfolders, and everything in it must be an endorsement: what is passed over in silence may be the very file
 * that was meant.
 * @throws ReinraumError `unreadable-input`
 */
export async function readEndorsementFiles(paths: readonly string[]): Promise<Endorsements> {
  const found: Record<EndorsementInFile['kind'], Map<string, Uint8Array>> = { certificate: new Map(), crl: new Map() }
  for (const file of await filesOf(paths)) {
    for (const { kind, der } of await endorsementsIn(file)) found[kind].set(digestId(der), der)
  }
  for (const [kind, word] of [
    ['certificate', 'certificates'],
    ['crl', 'revocation lists'],
  ] as const) {
    if (found[kind].size > limits[kind])
      throw unreadable(`${found[kind].size} ${word} are too many (at most ${limits[kind]}): name those of this one processor`)
  }
  return { certificates: [...found.certificate.values()], crls: [...found.crl.values()] }
}

async function filesOf(paths: readonly string[]): Promise<readonly string[]> {
  const files: string[] = []
  for (const path of paths) {
    const before = files.length
    for await (const file of filesAt(path)) {
      files.push(file)
      if (files.length > maxFiles)
        throw unreadable(`more than ${maxFiles} files of endorsements: name those of this one processor`)
    }
    if (files.length === before) throw unreadable(`there is no file in the folder ${oneLineName(path)}`)
    files.push(...files.splice(before).sort())
  }
  return files
}

async function* filesAt(path: string): AsyncGenerator<string> {
  if (!(await statOf(path)).isDirectory()) return yield path
  for await (const entry of await opendir(path)) {
    const file = join(path, entry.name)
    const found = await statOf(file)
    if (found.isDirectory()) continue
    // A pipe or a device would be waited for.
    if (!found.isFile()) throw unreadable(`${oneLineName(file)} is no regular file`)
    yield file
  }
}

async function statOf(path: string): Promise<Stats> {
  return stat(path).catch((cause) => {
    throw unreadable(`cannot read ${oneLineName(path)}`, cause)
  })
}

async function endorsementsIn(file: string): Promise<readonly EndorsementInFile[]> {
  const reading = readEndorsementFile(await readSmallFile(file, maxEndorsementFileLength))
  if ('problem' in reading) throw unreadable(`${oneLineName(file)} ${reading.problem}`)
  return reading.endorsements
}

function unreadable(message: string, cause?: unknown): ReinraumError {
  return new ReinraumError('unreadable-input', message, { cause })
}
