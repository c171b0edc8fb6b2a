import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createSimulatedPlatform } from '@reinraum/attestation'
import { fromBase64url, isReinraumError } from '@reinraum/crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readEndorsementFiles } from './endorsement-files.ts'
import { visible } from './output.ts'
import { pem } from './testing/simulated-files.ts'

let folder: string
let ark: Uint8Array
let ask: Uint8Array
let vcek: Uint8Array
let crl: Uint8Array

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reinraum-endorsements-'))
  const { certificates, crl: list } = await createSimulatedPlatform({ modulusLength: 2048 })
  ark = fromBase64url(certificates.ark)
  ask = fromBase64url(certificates.ask)
  vcek = fromBase64url(certificates.vcek)
  crl = fromBase64url(list)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function write(name: string, content: string | Uint8Array): Promise<string> {
  await mkdir(join(folder, name, '..'), { recursive: true })
  await writeFile(join(folder, name), content)
  return join(folder, name)
}

async function refusalOf(...paths: readonly string[]): Promise<string> {
  const error = await readEndorsementFiles(paths).then(
    () => null,
    (reason: unknown) => reason,
  )
  if (!isReinraumError(error)) throw new Error('it was not refused')
  expect(error.code).toBe('unreadable-input')
  return error.message
}

describe('endorsements are read', () => {
  it('from DER by what it is, whatever its name says', async () => {
    const wrong = [await write('der/crl.crt', crl), await write('der/vcek.crl', vcek)]
    expect(await readEndorsementFiles(wrong)).toEqual({ certificates: [vcek], crls: [crl] })
  })

  it('from PEM with several blocks of both kinds, and prose between them', async () => {
    const text = ['subject=ARK', pem('CERTIFICATE', ark), 'and', pem('X509 CRL', crl), pem('CERTIFICATE', ask)].join('\n')
    expect(await readEndorsementFiles([await write('bundle.pem', text)])).toEqual({ certificates: [ark, ask], crls: [crl] })
    const windows = pem('CERTIFICATE', ark).replaceAll('\n', '\r\n')
    expect((await readEndorsementFiles([await write('windows.pem', windows)])).certificates).toEqual([ark])
  })

  it('from a folder without its subfolders, in the order of the names, each once', async () => {
    await write('all/2.der', ask)
    await write('all/1.pem', pem('CERTIFICATE', ark))
    await write('all/3.pem', pem('CERTIFICATE', ark) + pem('CERTIFICATE', vcek))
    await write('all/deeper/junk', 'junk')
    expect((await readEndorsementFiles([join(folder, 'all')])).certificates).toEqual([ark, ask, vcek])
  })
})

describe('what is no endorsement is refused by its name:', () => {
  it('junk', async () => {
    const said = 'is neither a certificate nor a revocation list, in PEM or DER'
    expect(await refusalOf(await write('junk/notes.txt', 'see above'))).toBe(`${join(folder, 'junk/notes.txt')} ${said}`)
    expect(await refusalOf(join(folder, 'junk'))).toContain(`notes.txt ${said}`)
    expect(await refusalOf(await write('cut.der', vcek.subarray(0, -1)))).toContain(`cut.der ${said}`)
    expect(await refusalOf(await write('tail.der', Buffer.concat([vcek, Buffer.alloc(1)])))).toContain(said)
  })

  it('a broken block, one of another label, and one under the wrong label', async () => {
    const certificate = pem('CERTIFICATE', ark)
    expect(await refusalOf(await write('open.pem', certificate.replace(/-----END[^\n]+/, '')))).toContain(
      'has a PEM block without an end',
    )
    expect(await refusalOf(await write('half.pem', `${certificate}-----BEGIN CERTIFICATE-----\nMII`))).toContain('without an end')
    expect(await refusalOf(await write('key.pem', pem('PUBLIC KEY', ark)))).toContain(
      'holds a PUBLIC KEY, which is no endorsement',
    )
    expect(await refusalOf(await write('label.pem', pem('X509 CRL', ark)))).toContain('has a X509 CRL block that holds none')
    expect(await refusalOf(await write('odd.pem', pem('CERTIFICATE', crl)))).toContain('has a CERTIFICATE block that holds none')
  })

  it('a private key, in every form', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
    const { privateKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const secret = { cipher: 'aes-256-cbc', passphrase: 'secret' } as const
    const forms = {
      'pkcs8.pem': privateKey.export({ type: 'pkcs8', format: 'pem' }),
      'sec1.pem': privateKey.export({ type: 'sec1', format: 'pem' }),
      'locked.pem': privateKey.export({ type: 'pkcs8', format: 'pem', ...secret }),
      'pkcs8.der': privateKey.export({ type: 'pkcs8', format: 'der' }),
      'sec1.der': privateKey.export({ type: 'sec1', format: 'der' }),
      'pkcs1.der': rsa.export({ type: 'pkcs1', format: 'der' }),
      'locked.der': privateKey.export({ type: 'pkcs8', format: 'der', ...secret }),
      'bundle.pem': `${pem('CERTIFICATE', ark)}${privateKey.export({ type: 'pkcs8', format: 'pem' })}`,
    }
    for (const [name, content] of Object.entries(forms)) {
      expect(await refusalOf(await write(`keys/${name}`, content))).toContain(`${name} holds a private key`)
    }
  })

  it('too much of it', async () => {
    const long = Buffer.concat([Buffer.from(pem('CERTIFICATE', ark)), Buffer.alloc(512 * 1024, ' ')])
    expect(await refusalOf(await write('long.pem', long))).toContain('is longer than the 524288 bytes that it may have')
    const platforms = await Promise.all(Array.from({ length: 6 }, () => createSimulatedPlatform({ modulusLength: 1024 })))
    const many = platforms.flatMap(({ certificates }) => Object.values(certificates).map(fromBase64url))
    const bundle = await write('many.pem', many.map((der) => pem('CERTIFICATE', der)).join(''))
    expect(await refusalOf(bundle)).toBe('18 certificates are too many (at most 16): name those of this one processor')
    const lists = platforms.concat(await Promise.all([1, 2, 3].map(() => createSimulatedPlatform({ modulusLength: 1024 }))))
    const crls = await write('lists.pem', lists.map(({ crl }) => pem('X509 CRL', fromBase64url(crl))).join(''))
    expect(await refusalOf(crls)).toContain('9 revocation lists are too many (at most 8)')
    for (let i = 0; i < 65; i += 1) await write(`crowd/${i}.der`, ark)
    expect(await refusalOf(join(folder, 'crowd'))).toContain('more than 64 files')
  })

  it('nothing at all', async () => {
    await mkdir(join(folder, 'nothing'), { recursive: true })
    expect(await refusalOf(join(folder, 'nothing'))).toContain('there is no file in the folder')
    expect(await refusalOf(join(folder, 'missing'))).toContain('cannot read')
    expect(await refusalOf(await write('empty.pem', ''))).toContain('is empty')
  })

  it('a pipe in a folder, which nobody may ever write to', async () => {
    await mkdir(join(folder, 'pipes'), { recursive: true })
    await promisify(execFile)('mkfifo', [join(folder, 'pipes/crl.pem')])
    expect(await refusalOf(join(folder, 'pipes'))).toContain('crl.pem is no regular file')
  })

  it('and a name that was made to move the cursor or to begin a line of its own does neither', async () => {
    await write('names/\u001b[2J\naffirming, hardware', 'junk')
    const said = visible(await refusalOf(join(folder, 'names')))
    expect(said).toContain('\\u001b[2J\\naffirming, hardware is neither')
    expect(said).toMatch(/^\P{C}+$/u)
  })
})
