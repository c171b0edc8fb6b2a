import { expect, it } from 'vitest'
import { readBase64, readPem } from './pem.ts'

const block = (content = 'AAEC', label = 'CERTIFICATE') => `-----BEGIN ${label}-----\n${content}\n-----END ${label}-----\n`
const read = (text: string, maximum = 3) => readPem(text, 'CERTIFICATE', maximum)

it('blocks are read in order, and nothing at all is no block', () => {
  expect(read(block() + block('AwQF'))).toEqual([Uint8Array.of(0, 1, 2), Uint8Array.of(3, 4, 5)])
  expect(read(block().replaceAll('\n', '\r\n'))).toEqual([Uint8Array.of(0, 1, 2)])
  expect(read('')).toEqual([])
})

it.each([
  ['a block of another label', block('AAEC', 'X509 CRL')],
  ['a label that only begins the same', block('AAEC', 'CERTIFICATE REQUEST')],
  ['prose before a block', `subject: someone\n${block()}`],
  ['prose after a block', `${block()}subject: someone\n`],
  ['a space between blocks', `${block()} ${block()}`],
  ['a header inside a block', block('Proc-Type: 4,ENCRYPTED\n\nAAEC')],
  ['a block that does not end', block().slice(0, -30)],
  ['an empty block', block('')],
  ['a block that does not begin', `${'x'.repeat('-----BEGIN CERTIFICATE-----'.length)}AAEC\n-----END CERTIFICATE-----\n`],
  ['base64 that is not canonical', block('AAF=')],
  ['base64url', block('AA-_')],
  ['a zero byte', `${block()}\0`],
])('%s is refused', (_, text) => {
  expect(read(text)).toBeNull()
})

it('more blocks than asked for are refused', () => {
  expect(read(block().repeat(3))).toHaveLength(3)
  expect(read(block().repeat(4))).toBeNull()
})

it('many unfinished blocks take no time', () => {
  const start = performance.now()
  expect(read('-----BEGIN CERTIFICATE-----'.repeat(20_000), 20_000)).toBeNull()
  expect(readBase64('A'.repeat(512 * 1024 + 1))).toBeNull()
  expect(performance.now() - start).toBeLessThan(2000)
})
