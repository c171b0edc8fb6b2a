import { generateKeyPairSync } from 'node:crypto'
import { fromBase64url } from '@reinraum/crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createPlatform } from '../testing/simulated-evidence.ts'
import { maxEndorsementFileLength, readEndorsementFile } from './endorsement-file.ts'

const platform = await createPlatform()
const ark = fromBase64url(platform.certificates.ark)
const ask = fromBase64url(platform.certificates.ask)
const crl = fromBase64url(platform.crl)

const pem = (label: string, der: Uint8Array) =>
  `-----BEGIN ${label}-----\n${Buffer.from(der).toString('base64').replace(/.{64}/g, '$&\n')}\n-----END ${label}-----\n`
const read = (content: string | Uint8Array) => readEndorsementFile(Uint8Array.from(Buffer.from(content)))
const problemOf = (content: string | Uint8Array) => {
  const reading = read(content)
  return 'problem' in reading ? reading.problem : expect.fail('it was read')
}

describe('a file gives', () => {
  it('the one certificate or list that it is, in DER', () => {
    expect(read(ark)).toEqual({ endorsements: [{ kind: 'certificate', der: ark }] })
    expect(read(crl)).toEqual({ endorsements: [{ kind: 'crl', der: crl }] })
  })

  it('all that it holds in PEM, of both kinds, with text and any ends of lines between', () => {
    const text = ['subject=ARK', pem('CERTIFICATE', ark), 'and', pem('X509 CRL', crl), pem('CERTIFICATE', ask)].join('\r\n')
    expect(read(text)).toEqual({
      endorsements: [
        { kind: 'certificate', der: ark },
        { kind: 'crl', der: crl },
        { kind: 'certificate', der: ask },
      ],
    })
  })

  it('as many blocks as appraisal looks at, and no more', () => {
    const blocks = (count: number) => pem('CERTIFICATE', ark).repeat(count)
    expect(read(blocks(24))).toMatchObject({ endorsements: { length: 24 } })
    expect(problemOf(blocks(25))).toBe('has more than 24 PEM blocks')
  })
})

describe('all of a file is refused for', () => {
  const neither = 'is neither a certificate nor a revocation list, in PEM or DER'
  it.each([
    ['nothing', new Uint8Array(), neither],
    ['text alone', 'the lists are fetched each night', neither],
    ['DER that is cut', ark.subarray(0, -1), neither],
    ['DER with something behind it', Buffer.concat([ark, Buffer.alloc(1)]), neither],
    ['DER twice', Buffer.concat([ark, crl]), neither],
    ['a block without an end', pem('CERTIFICATE', ark).slice(0, -30), 'has a PEM block without an end'],
    ['a block with another end', pem('CERTIFICATE', ark).replace('END C', 'END X509 C'), 'has a PEM block without an end'],
    ['a second block without an end', `${pem('CERTIFICATE', ark)}-----BEGIN `, 'has a PEM block without an end'],
    ['a block of another label', pem('PUBLIC KEY', ark), 'holds a PUBLIC KEY, which is no endorsement'],
    ['a certificate as a list', pem('X509 CRL', ark), 'has a X509 CRL block that holds none'],
    ['a list as a certificate', pem('CERTIFICATE', crl), 'has a CERTIFICATE block that holds none'],
    [
      'a block that begins with something else',
      pem('CERTIFICATE', ark).replace('\nMI', '\nVersion: 4\n\nMI'),
      'has a CERTIFICATE block that holds none',
    ],
    ['base64 that is not canonical', pem('CERTIFICATE', ark).replace('\nMI', '\n MI'), 'has a CERTIFICATE block that holds none'],
    ['half a block behind a whole one', `${pem('X509 CRL', crl)}${pem('X509 CRL', crl.subarray(9))}`, 'block that holds none'],
    ['a byte too much', pem('CERTIFICATE', ark).padEnd(maxEndorsementFileLength + 1), 'is longer than the 524288 bytes'],
  ])('%s', (_, content, problem) => {
    expect(problemOf(content)).toContain(problem)
  })

  it('a private key in any form, and is not quoted', () => {
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    const secret = { cipher: 'aes-256-cbc', passphrase: 'secret' } as const
    const forms = [
      ...(['pkcs8', 'sec1'] as const).flatMap((type) => [
        ec.export({ type, format: 'pem' }),
        ec.export({ type, format: 'der' }),
        pem('CERTIFICATE', ark) + ec.export({ type, format: 'pem' }),
      ]),
      rsa.export({ type: 'pkcs1', format: 'pem' }),
      rsa.export({ type: 'pkcs1', format: 'der' }),
      ec.export({ type: 'pkcs8', format: 'pem', ...secret }),
      ec.export({ type: 'pkcs8', format: 'der', ...secret }),
    ]
    for (const form of forms) {
      expect(problemOf(form)).toBe('holds a private key: it belongs beside no endorsement, keep it where nobody else reads')
    }
  })
})

describe('bytes of a stranger', () => {
  it('are read or refused, whatever they are', () => {
    const parts = fc.array(
      fc.constantFrom('-----BEGIN ', 'CERTIFICATE', 'X509 CRL', '-----', '-----END ', '\n', 'MIIB', '=', '\0'),
    )
    const contents = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      parts.map((all) => Uint8Array.from(Buffer.from(all.join('')))),
    )
    fc.assert(
      fc.property(contents, (content) => {
        const reading = readEndorsementFile(content)
        expect('problem' in reading).toBe(true)
      }),
    )
  })

  it('take no time, however they begin blocks and end none', () => {
    const fill = (text: string) => text.repeat(Math.floor(maxEndorsementFileLength / text.length))
    for (const text of [
      fill('-----BEGIN CERTIFICATE-----'),
      fill('-----BEGIN '),
      fill('-----BEGIN A-----A-----END B-----'),
      `-----BEGIN CERTIFICATE-----${'A'.repeat(500_000)}`,
      '\u0030'.repeat(maxEndorsementFileLength),
    ]) {
      const started = performance.now()
      problemOf(text)
      // It takes milliseconds; whoever looks for an end after each beginning again takes six seconds and more.
      expect(performance.now() - started).toBeLessThan(2000)
    }
  })
})
