import { ReinraumError, toHex } from '@reinraum/crypto'
import { readPem } from '../x509/pem.ts'

// AMD 56421 (GHCB) §4.1.8.1: entries of GUID, u32 offset from the table's start, u32 length, little endian; the last is zero.
const entryLength = 24
const guidLength = 16
const maxEntries = 64
/** in one entry in PEM */
const maxChain = 16

/** The bytes of a GUID stand as its digits are written. */
const certificateGuids: ReadonlySet<string> = new Set([
  // VCEK
  '63da758de6644564adc5f4b93be8accd',
  // VLEK
  'a8074bc2a25a483eaae639c045a0b8a1',
  // ASK, or ASVK
  '4ab7b379bbac4fe4a02f05aef327c782',
  // ARK
  'c0b406a4a803495297433fb6014cd0ae',
])

interface Entry {
  readonly guid: string
  readonly offset: number
  readonly length: number
}

/**
 * The certificates that the host put beside an SEV-SNP report, in DER. The host is not trusted: entries must lie inside the
 * table, behind its header, and apart from each other. Entries of other kinds are left out.
 * @throws ReinraumError `malformed-evidence`
 */
export function readCertificateTable(table: Uint8Array): readonly Uint8Array[] {
  if (table.length === 0) return []
  const entries = readEntries(table)
  let end = (entries.length + 1) * entryLength
  for (const { offset, length } of entries.toSorted((a, b) => a.offset - b.offset)) {
    if (length === 0 || offset < end || offset + length > table.length) {
      throw malformed('has an entry that lies outside or on another')
    }
    end = offset + length
  }
  return entries
    .filter(({ guid }) => certificateGuids.has(guid))
    .flatMap(({ offset, length }) => {
      const certificates = readCertificates(Uint8Array.from(table.subarray(offset, offset + length)))
      if (certificates.length === 0) throw malformed('holds what is no certificate')
      return certificates
    })
}

/** DER is recognised by its first byte; what it means is for others to say. */
function readCertificates(bytes: Uint8Array): readonly Uint8Array[] {
  if (bytes[0] === 0x30) return [bytes]
  return readPem(Buffer.from(bytes).toString('latin1'), 'CERTIFICATE', maxChain) ?? []
}

function readEntries(table: Uint8Array): readonly Entry[] {
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength)
  const entries: Entry[] = []
  for (let start = 0; entries.length <= maxEntries && start + entryLength <= table.length; start += entryLength) {
    const guid = toHex(table.subarray(start, start + guidLength))
    const [offset, length] = [view.getUint32(start + guidLength, true), view.getUint32(start + guidLength + 4, true)]
    if (/^0+$/.test(guid) && offset === 0 && length === 0) return entries
    entries.push({ guid, offset, length })
  }
  throw malformed('has no end')
}

function malformed(what: string): ReinraumError {
  return new ReinraumError('malformed-evidence', `the host's certificate table ${what}`)
}
