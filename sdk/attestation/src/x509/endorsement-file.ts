import { createPrivateKey } from 'node:crypto'
import { parseCertificate } from './certificate.ts'
import { readBase64 } from './pem.ts'
import { parseRevocationList } from './revocation-list.ts'

/** bytes; all that appraisal looks at, each of the largest size that it reads, takes two thirds of it in PEM */
export const maxEndorsementFileLength = 512 * 1024
/** as many certificates and lists as appraisal looks at */
const maxBlocks = 16 + 8

export interface EndorsementInFile {
  /** by what can be read from it, not by a label or a name */
  readonly kind: 'certificate' | 'crl'
  readonly der: Uint8Array
}

/** `problem` goes on where a sentence begins with the name of the file; it holds nothing of the file but a label. */
export type EndorsementFileReading = { readonly endorsements: readonly EndorsementInFile[] } | { readonly problem: string }

/**
 * Certificates and revocation lists in a file that a person or an operator keeps: one in DER, or any of them in PEM with text
 * between the blocks, as openssl writes it. All of it is read or none: what would be passed over in silence may be the very
 * thing that was meant. A private key has no place beside what is handed to everyone.
 */
export function readEndorsementFile(bytes: Uint8Array): EndorsementFileReading {
  if (bytes.length > maxEndorsementFileLength) {
    return { problem: `is longer than the ${maxEndorsementFileLength} bytes that it may have` }
  }
  const kind = kindOf(bytes)
  if (kind !== null) return { endorsements: [{ kind, der: bytes }] }
  const text = Buffer.from(bytes).toString('latin1')
  if (text.includes('PRIVATE KEY-----') || isPrivateKey(bytes)) {
    return { problem: 'holds a private key: it belongs beside no endorsement, keep it where nobody else reads' }
  }
  if (text.includes('-----BEGIN ')) return readBlocks(text)
  return { problem: 'is neither a certificate nor a revocation list, in PEM or DER' }
}

/** RFC 7468 */
function readBlocks(text: string): EndorsementFileReading {
  const begun = text.split('-----BEGIN ').length - 1
  if (begun > maxBlocks) return { problem: `has more than ${maxBlocks} PEM blocks` }
  const blocks = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]{1,64})-----([^-]*)-----END \1-----/g)]
  if (blocks.length !== begun) return { problem: 'has a PEM block without an end' }
  const endorsements: EndorsementInFile[] = []
  for (const [, label = '', content = ''] of blocks) {
    const kind = label === 'CERTIFICATE' ? 'certificate' : label === 'X509 CRL' ? 'crl' : null
    if (kind === null) return { problem: `holds a ${label}, which is no endorsement` }
    const der = readBase64(content.replace(/[\r\n]/g, ''))
    if (der === null || kindOf(der) !== kind) return { problem: `has a ${label} block that holds none` }
    endorsements.push({ kind, der })
  }
  return { endorsements }
}

function kindOf(der: Uint8Array): EndorsementInFile['kind'] | null {
  if (parseCertificate(der) !== null) return 'certificate'
  return parseRevocationList(der) === null ? null : 'crl'
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
