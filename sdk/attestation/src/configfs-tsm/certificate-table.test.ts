import fc from 'fast-check'
import { expect, it } from 'vitest'
import { encodeCertificateTable, type TableEntry } from '../testing/certificate-table.ts'
import { readCertificateTable } from './certificate-table.ts'

const bytes = (length: number, seed = 0x30) => Uint8Array.from({ length }, (_, i) => (i === 0 ? 0x30 : seed + i) & 0xff)
const vcek: TableEntry = { guid: 'vcek', bytes: bytes(1300, 1) }
const ask: TableEntry = { guid: 'ask', bytes: bytes(1600, 2) }
const ark: TableEntry = { guid: 'ark', bytes: bytes(1650, 3) }
const malformed = expect.objectContaining({ code: 'malformed-evidence' })

it('a table gives its certificates in the order of its entries', () => {
  expect(readCertificateTable(encodeCertificateTable([vcek, ask, ark]))).toEqual([vcek.bytes, ask.bytes, ark.bytes])
  const vlek: TableEntry = { guid: 'vlek', bytes: bytes(1300, 4) }
  expect(readCertificateTable(encodeCertificateTable([ark, vlek]))).toEqual([ark.bytes, vlek.bytes])
})

it('a GUID stands in the table as its digits are written, and in no other order', () => {
  const table = encodeCertificateTable([vcek])
  expect(Buffer.from(table.subarray(0, 16)).toString('hex')).toBe('63da758de6644564adc5f4b93be8accd')
  table.set([0x8d, 0x75, 0xda, 0x63], 0)
  expect(readCertificateTable(table)).toEqual([])
})

it('no table and one without entries give none', () => {
  expect(readCertificateTable(new Uint8Array())).toEqual([])
  expect(readCertificateTable(encodeCertificateTable([]))).toEqual([])
})

it('what a cloud puts beside the certificates is left out', () => {
  expect(readCertificateTable(encodeCertificateTable([{ guid: 'other', bytes: bytes(8) }, vcek]))).toEqual([vcek.bytes])
})

it('an entry in PEM is given in DER, and a chain in one entry as its certificates', () => {
  const block = (der: Uint8Array) =>
    `-----BEGIN CERTIFICATE-----\n${Buffer.from(der).toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`
  const chain = Buffer.from(block(ask.bytes) + block(ark.bytes))
  expect(readCertificateTable(encodeCertificateTable([vcek, { guid: 'ask', bytes: chain }]))).toEqual([
    vcek.bytes,
    ask.bytes,
    ark.bytes,
  ])
})

it('certificates do not change when the table does', () => {
  const table = encodeCertificateTable([vcek])
  const [first] = readCertificateTable(table)
  table.fill(0)
  expect(first).toEqual(vcek.bytes)
})

const withEntry = (entry: Partial<TableEntry>) => encodeCertificateTable([vcek, { ...ask, ...entry }, ark])
const start = 4 * 24

it.each<[string, Uint8Array]>([
  ['is shorter than an entry', new Uint8Array(23)],
  ['ends inside its header', withEntry({}).subarray(0, 3 * 24)],
  ['ends inside a certificate', withEntry({}).subarray(0, -1)],
  ['has no entry of zeros at its end', withEntry({}).subarray(0, 3 * 24 + 23)],
  ['has an entry that overlaps the one before', withEntry({ offset: start + 1299 })],
  ['has two entries at one place', withEntry({ offset: start, length: 1300 })],
  ['has an entry inside another', withEntry({ offset: start + 10, length: 10 })],
  ['has an entry over its own header', withEntry({ offset: start - 1 })],
  ['has an entry at its start', withEntry({ offset: 0 })],
  ['has an entry that ends past the table', withEntry({ length: 100_000 })],
  ['has an entry that begins past the table', withEntry({ offset: 100_000 })],
  ['has an offset and a length that only together pass 32 bits', withEntry({ offset: 0xffffff00, length: 0x200 })],
  ['has an entry of no bytes', withEntry({ length: 0 })],
  ['has a certificate that is neither DER nor PEM', encodeCertificateTable([{ ...vcek, bytes: bytes(40).fill(0x41) }])],
  ['has entries without end', new Uint8Array(64 * 1024).fill(0x11)],
  ['has 65 entries', encodeCertificateTable(Array.from({ length: 65 }, () => ({ guid: 'other', bytes: bytes(4) }) as const))],
])('a table that %s is refused', (_, table) => {
  expect(() => readCertificateTable(table)).toThrow(malformed)
})

it('a table of 64 entries is read', () => {
  const entries = Array.from({ length: 64 }, () => ({ guid: 'vcek', bytes: bytes(4) }) as const)
  expect(readCertificateTable(encodeCertificateTable(entries))).toHaveLength(64)
})

it('an entry of a GUID of zeros is not the end while it points anywhere', () => {
  const table = encodeCertificateTable([vcek, ask])
  table.fill(0, 0, 16)
  expect(readCertificateTable(table)).toEqual([ask.bytes])
})

it('arbitrary bytes give certificates of no more bytes than there are, or are refused', () => {
  const header = fc.array(
    fc.record({
      guid: fc.constantFrom('vcek', 'ask', 'ark', 'other'),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }),
      offset: fc.option(fc.nat(0xffffffff), { nil: undefined }),
      length: fc.option(fc.nat(0xffffffff), { nil: undefined }),
    }),
    { maxLength: 6 },
  )
  const tables = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    header.map((entries) => encodeCertificateTable(entries as TableEntry[])),
  )
  fc.assert(
    fc.property(tables, (table) => {
      try {
        const length = readCertificateTable(table).reduce((sum, certificate) => sum + certificate.length, 0)
        expect(length).toBeLessThanOrEqual(table.length)
      } catch (error) {
        expect(error).toEqual(malformed)
      }
    }),
  )
})
