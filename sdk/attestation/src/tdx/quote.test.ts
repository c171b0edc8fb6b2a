import { concatBytes, fromHex } from '@reinraum/crypto'
import { expect, it } from 'vitest'
import { encodeEnclaveReport, encodeQuote, encodeSignedPart } from '../simulator/tdx/quote.ts'
import { intelQeVendorId } from './layout.ts'
import { parseQuote } from './quote.ts'

const filled = (length: number, value: number) => new Uint8Array(length).fill(value)
const header = { version: 4, keyType: 2, teeType: 0x81, qeVendorId: fromHex(intelQeVendorId), userData: filled(20, 0) }
const body = {
  teeTcbSvn: filled(16, 1),
  mrSeam: filled(48, 2),
  mrSignerSeam: filled(48, 3),
  seamAttributes: 4n,
  tdAttributes: 5n,
  xfam: 6n,
  mrtd: filled(48, 7),
  mrConfigId: filled(48, 8),
  mrOwner: filled(48, 9),
  mrOwnerConfig: filled(48, 10),
  rtmr0: filled(48, 11),
  rtmr1: filled(48, 12),
  rtmr2: filled(48, 13),
  rtmr3: filled(48, 14),
  reportData: filled(64, 15),
  teeTcbSvn2: filled(16, 16),
  mrServiceTd: filled(48, 17),
}
const enclave = {
  cpuSvn: filled(16, 18),
  miscSelect: 0x16151413,
  attributes: filled(16, 19),
  mrEnclave: filled(32, 20),
  mrSigner: filled(32, 21),
  isvProdId: 0x0201,
  isvSvn: 0x0403,
  reportData: filled(64, 22),
}

type Changes = {
  readonly header?: Partial<typeof header>
  readonly kind?: 'td10' | 'td15'
  readonly descriptor?: { readonly type?: number; readonly size?: number }
  readonly authData?: Uint8Array
}

function encode({ header: changed = {}, kind = 'td10', descriptor, authData = filled(32, 25) }: Changes = {}): Uint8Array {
  return encodeQuote({
    signed: encodeSignedPart({ ...header, ...changed }, body, kind, descriptor),
    signature: filled(64, 23),
    attestationKey: filled(64, 24),
    enclaveReport: encodeEnclaveReport(enclave),
    enclaveReportSignature: filled(64, 26),
    authData,
    certificates: filled(100, 27),
  })
}

/** Writes a number where a length or a type stands. */
function patch(bytes: Uint8Array, at: number, value: number, size: 2 | 4): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  if (size === 2) view.setUint16(at, value, true)
  else view.setUint32(at, value, true)
  return bytes
}

function read(bytes: Uint8Array) {
  const parsed = parseQuote(bytes)
  if (parsed.malformed !== null || parsed.quote === null) throw new Error(`malformed: ${parsed.malformed}`)
  return parsed.quote
}

const v5 = { header: { version: 5 }, kind: 'td15' } as const

it('every field of version 4 is read from its place', () => {
  const quote = read(encode())
  expect(quote).toMatchObject({
    version: 4,
    signature: filled(64, 23),
    attestationKey: filled(64, 24),
    qeReportSignature: filled(64, 26),
    qeAuthData: filled(32, 25),
    pckChain: filled(100, 27),
    trailing: new Uint8Array(0),
    qeReport: {
      miscSelect: Uint8Array.of(0x13, 0x14, 0x15, 0x16),
      attributes: filled(16, 19),
      mrSigner: filled(32, 21),
      isvProdId: 0x0201,
      isvSvn: 0x0403,
      reportData: filled(64, 22),
    },
  })
  expect(quote.body).toEqual({
    kind: '1.0',
    teeTcbSvn: filled(16, 1),
    mrSeam: filled(48, 2),
    mrSignerSeam: filled(48, 3),
    seamAttributes: Uint8Array.of(4, 0, 0, 0, 0, 0, 0, 0),
    tdAttributes: Uint8Array.of(5, 0, 0, 0, 0, 0, 0, 0),
    xfam: Uint8Array.of(6, 0, 0, 0, 0, 0, 0, 0),
    mrtd: filled(48, 7),
    mrConfigId: filled(48, 8),
    mrOwner: filled(48, 9),
    mrOwnerConfig: filled(48, 10),
    rtmr: [filled(48, 11), filled(48, 12), filled(48, 13), filled(48, 14)],
    reportData: filled(64, 15),
    teeTcbSvn2: null,
    mrServiceTd: null,
  })
  expect(quote.signed).toEqual(encode().subarray(0, 48 + 584))
})

it('version 5 says which body it has, and what it says is signed with it', () => {
  const quote = read(encode(v5))
  expect(quote.body).toMatchObject({ kind: '1.5', teeTcbSvn2: filled(16, 16), mrServiceTd: filled(48, 17), mrtd: filled(48, 7) })
  expect(quote.signed).toEqual(encode(v5).subarray(0, 48 + 6 + 648))
  expect(read(encode({ header: { version: 5 } })).body).toMatchObject({ kind: '1.0', teeTcbSvn2: null, mrServiceTd: null })
})

it('what the caller does to its buffer later changes nothing', () => {
  const buffer = Buffer.from(encode())
  const quote = read(buffer)
  buffer.fill(0)
  expect(quote.body.mrtd).toEqual(filled(48, 7))
})

it('bytes after the signature data are kept apart', () => {
  expect(read(concatBytes(encode(), filled(3, 9))).trailing).toEqual(filled(3, 9))
})

it.each([
  ['version 3', { header: { version: 3 } }],
  ['version 6', { header: { version: 6 } }],
  ['a key of another type', { header: { keyType: 3 } }],
  ['an SGX quote', { header: { teeType: 0 } }],
  ['a body of version 5 that is an enclave', { header: { version: 5 }, descriptor: { type: 1 } }],
  ['a body of version 5 that is unknown', { header: { version: 5 }, descriptor: { type: 4 } }],
] as const)('%s has a header that can be read, and no more', (_, changes) => {
  expect(parseQuote(encode(changes))).toMatchObject({ malformed: null, quote: null, header: { version: expect.any(Number) } })
})

/** where the signature data of version 4 begins, and what stands in it */
const data = 48 + 584 + 4
const certification = data + 64 + 64 + 6
const chainType = certification + 384 + 64 + 2 + 32

it.each([
  ['nothing', new Uint8Array(0)],
  ['half a header', encode().subarray(0, 24)],
  ['a header alone', encode().subarray(0, 48)],
  ['half a body', encode().subarray(0, 300)],
  ['no length of the signature data', encode().subarray(0, 48 + 584)],
  ['a byte too little', encode().subarray(0, -1)],
  ['more than a quote can be', concatBytes(encode(), new Uint8Array(64 * 1024))],
  ['a version 5 body that declares another size', encode({ ...v5, descriptor: { size: 647 } })],
  ['a TD 1.5 body declared as TD 1.0', encode({ ...v5, descriptor: { type: 2 } })],
  ['signature data longer than the quote', patch(encode(), data - 4, 0xffff_ffff, 4)],
  ['signature data shorter than what is in it', patch(encode(), data - 4, 700, 4)],
  [
    'signature data longer than what is in it',
    patch(concatBytes(encode(), new Uint8Array(1)), data - 4, encode().length - data + 1, 4),
  ],
  ['certification data of another type', patch(encode(), data + 128, 5, 2)],
  ['certification data longer than the signature data', patch(encode(), data + 130, 0xffff_ffff, 4)],
  ['certification data shorter than what is in it', patch(encode(), data + 130, 587, 4)],
  ['authentication data longer than the quote', patch(encode(), certification + 448, 0xffff, 2)],
  ['a platform that is certified in another way', patch(encode(), chainType, 1, 2)],
  ['a chain longer than its certification data', patch(encode(), chainType + 2, 101, 4)],
  ['a chain shorter than its certification data', patch(encode(), chainType + 2, 99, 4)],
])('%s is malformed', (_, bytes) => {
  expect(parseQuote(bytes).malformed).toEqual(expect.any(String))
})

it('authentication data may be of any length, none included', () => {
  expect(read(encode({ authData: new Uint8Array(0) })).qeAuthData).toHaveLength(0)
  expect(read(encode({ authData: filled(1000, 1) })).qeAuthData).toHaveLength(1000)
})
