import { createPrivateKey } from 'node:crypto'
import type { Stats } from 'node:fs'
import { opendir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describeEndorsement, type Endorsements } from '@reinraum/attestation'
import { digestId, ReinraumError } from '@reinraum/crypto'
import { oneLineName, readSmallFile } from './files.ts'

/** A list in PEM, of the largest size that appraisal reads. */
const maxFileBytes = 2 * 1024 * 1024
const maxFiles = 64
/** as many as appraisal looks at */
const limits = { certificate: 16, crl: 8 } as const

type Kind = keyof typeof limits
interface Block {
  readonly kind: Kind
  readonly der: Uint8Array
}

/**
 * Certificates and revocation lists from files and folders, in PEM (any number in one file) or DER. A folder is read
 * without its subfolders, and everything in it must be an endorsement: what is passed over in silence may be the very file
 * that was meant.
 * @throws ReinraumError `unreadable-input`
 */
export async function readEndorsementFiles(paths: readonly string[]): Promise<Endorsements> {
  const found: Record<Kind, Map<string, Uint8Array>> = { certificate: new Map(), crl: new Map() }
  for (const file of await filesOf(paths)) {
    for (const { kind, der } of readBlocks(file, await readSmallFile(file, maxFileBytes))) found[kind].set(digestId(der), der)
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

function readBlocks(file: string, bytes: Uint8Array): readonly Block[] {
  const der = describeEndorsement(bytes)
  if (der !== null) return [{ kind: der.kind, der: bytes }]
  const text = Buffer.from(bytes).toString('latin1')
  if (text.includes('PRIVATE KEY-----') || isPrivateKey(bytes)) {
    throw unreadable(
      `${oneLineName(file)} holds a private key: it belongs beside no endorsement, keep it where nobody else reads`,
    )
  }
  if (text.includes('-----BEGIN ')) return readPem(file, text)
  throw unreadable(`${oneLineName(file)} is neither a certificate nor a revocation list, in PEM or DER`)
}

/** RFC 7468. Text between the blocks is allowed, as openssl writes it. */
function readPem(file: string, text: string): readonly Block[] {
  const blocks = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]{1,64})-----([^-]*)-----END \1-----/g)]
  if (blocks.length !== text.split('-----BEGIN ').length - 1)
    throw unreadable(`${oneLineName(file)} has a PEM block without an end`)
  return blocks.map(([, label = '', content = '']) => {
    const kind = label === 'CERTIFICATE' ? 'certificate' : label === 'X509 CRL' ? 'crl' : null
    if (kind === null) throw unreadable(`${oneLineName(file)} holds a ${label}, which is no endorsement`)
    const der = new Uint8Array(Buffer.from(content, 'base64'))
    if (describeEndorsement(der)?.kind !== kind) throw unreadable(`${oneLineName(file)} has a ${label} block that holds none`)
    return { kind, der }
  })
}

function isPrivateKey(bytes: Uint8Array): boolean {
  return (['pkcs8', 'pkcs1', 'sec1'] as const).some((type) => {
    try {
      createPrivateKey({ key: Buffer.from(bytes), format: 'der', type })
      return true
    } catch (error) {
      // An encrypted one is one too.
      return (error as NodeJS.ErrnoException).code === 'ERR_MISSING_PASSPHRASE'
    }
  })
}

function unreadable(message: string, cause?: unknown): ReinraumError {
  return new ReinraumError('unreadable-input', message, { cause })
}
