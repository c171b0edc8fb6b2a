import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromBase64url } from '@reinraum/crypto'
import { expect, it, onTestFinished } from 'vitest'
import { createPlatform } from '../testing/simulated-evidence.ts'
import { endorsementFolder } from './endorsement-folder.ts'

const platform = await createPlatform()
const ark = fromBase64url(platform.certificates.ark)
const ask = fromBase64url(platform.certificates.ask)
const vcek = fromBase64url(platform.certificates.vcek)
const crl = fromBase64url(platform.crl)

const pem = (label: string, der: Uint8Array) =>
  `-----BEGIN ${label}-----\n${Buffer.from(der).toString('base64').replace(/.{64}/g, '$&\n')}\n-----END ${label}-----\n`

async function folderWith(files: Readonly<Record<string, Uint8Array | string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'reinraum-endorsements-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content)
  return folder
}

it('certificates and lists are told apart by their bytes, in DER and in PEM, whatever their files are called', async () => {
  const chain = pem('CERTIFICATE', ask) + pem('CERTIFICATE', ark)
  const folder = await folderWith({ 'a.pem': chain, 'b.crl': vcek, c: crl, 'd.txt': pem('X509 CRL', crl) })
  expect(await endorsementFolder(folder)()).toEqual({ certificates: [ask, ark, vcek], crls: [crl, crl] })
})

it('collateral is passed along byte for byte', async () => {
  const collateral = '{ "tcb_info" :\n "ü" }\n'
  const folder = await folderWith({ 'collateral.json': collateral })
  expect(await endorsementFolder(folder)()).toEqual({
    certificates: [],
    crls: [],
    collateral: new TextEncoder().encode(collateral),
  })
})

it('an empty folder gives none', async () => {
  expect(await endorsementFolder(await folderWith({}))()).toEqual({ certificates: [], crls: [] })
})

it('a list that was replaced is the one that is given next', async () => {
  const folder = await folderWith({ 'ark.der': ark, 'list.crl': crl })
  const endorsements = endorsementFolder(folder)
  await endorsements()
  await writeFile(join(folder, '.list.crl.new'), vcek)
  expect(await endorsements()).toEqual({ certificates: [ark], crls: [crl] })
  await rename(join(folder, '.list.crl.new'), join(folder, 'list.crl'))
  expect(await endorsements()).toEqual({ certificates: [ark, vcek], crls: [] })
})

const half = (bytes: Uint8Array) => bytes.subarray(0, bytes.length / 2)
const refused: readonly (readonly [string, () => Readonly<Record<string, Uint8Array | string>>, RegExp])[] = [
  ['a file that is neither', () => ({ 'README.md': 'the lists are fetched each night' }), /README\.md/],
  ['a certificate that is half there', () => ({ 'vcek.der': half(vcek) }), /vcek\.der/],
  ['a list that is half there', () => ({ 'list.crl': half(crl) }), /list\.crl/],
  ['a list with something behind it', () => ({ 'list.crl': Buffer.concat([crl, Buffer.alloc(1)]) }), /list\.crl/],
  ['PEM that does not end', () => ({ 'ask.pem': pem('CERTIFICATE', ask).slice(0, -30) }), /ask\.pem/],
  ['a private key', () => ({ 'key.pem': pem('PRIVATE KEY', fromBase64url(platform.keys.vcek)) }), /key\.pem holds a private key/],
  ['a private key in DER', () => ({ 'key.der': fromBase64url(platform.keys.vcek) }), /key\.der holds a private key/],
  ['a file of no bytes', () => ({ 'list.crl': '' }), /list\.crl/],
  ['a file of more than 512 KiB', () => ({ 'ark.pem': pem('CERTIFICATE', ark).padEnd(524289) }), /ark\.pem .*524288/],
  ['collateral of more than 128 KiB', () => ({ 'collateral.json': `{${' '.repeat(131071)}}` }), /collateral\.json .*131072/],
  ['nine certificates', () => Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`${i}.der`, ark])), /8 certificates/],
  ['five lists', () => Object.fromEntries(Array.from({ length: 5 }, (_, i) => [`${i}.der`, crl])), /4 revocation lists/],
  ['33 files', () => Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`${i}.der`, ark])), /32 files/],
  ['collateral that is half there', () => ({ 'collateral.json': '{"tcb_info":' }), /collateral\.json/],
  ['collateral that is no object', () => ({ 'collateral.json': '[]' }), /collateral\.json/],
  ['collateral that is no UTF-8', () => ({ 'collateral.json': Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d) }), /collateral\.json/],
]

it.each(refused)('%s makes it fail, by name', async (_, files, message) => {
  const attempt = endorsementFolder(await folderWith(files()))()
  await expect(attempt).rejects.toMatchObject({ code: 'unavailable', message: expect.stringMatching(message) })
})

it('a folder that is not there makes it fail, and so does a folder in it', async () => {
  await expect(endorsementFolder('/nonexistent')()).rejects.toMatchObject({ code: 'unavailable' })
  const folder = await folderWith({ 'ark.der': ark })
  await mkdir(join(folder, 'inner'))
  await expect(endorsementFolder(folder)()).rejects.toMatchObject({ code: 'unavailable' })
})
