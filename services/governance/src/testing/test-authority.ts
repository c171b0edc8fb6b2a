import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIPv4 } from 'node:net'
import type { TlsIdentity } from '@reinraum/rpc'

export interface TestAuthority {
  readonly ca: Buffer
  /** A certificate with these names: a URI, an IPv4 address or a DNS name each. */
  issue(...names: readonly string[]): TlsIdentity
}

/** X.509 (RFC 5280) as little of it as TLS between the processes of one test needs: P-256, one level, one hour. */
export function createTestAuthority(): TestAuthority {
  const root = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const ca = certificate('test authority', root.publicKey, root.privateKey, [
    extension('551d13', der(0x30, der(0x01, hex('ff'))), true),
  ])
  return {
    ca,
    issue(...names) {
      const own = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const cert = certificate('service', own.publicKey, root.privateKey, [
        extension('551d11', der(0x30, ...names.map(generalName))),
      ])
      return { ca, cert, key: Buffer.from(own.privateKey.export({ type: 'pkcs8', format: 'pem' })) }
    },
  }
}

const ecdsaWithSha256 = der(0x30, der(0x06, hex('2a8648ce3d040302')))

function certificate(subject: string, publicKey: KeyObject, issuerKey: KeyObject, extensions: readonly Buffer[]): Buffer {
  const tbs = der(
    0x30,
    der(0xa0, der(0x02, hex('02'))),
    der(0x02, hex('01'), randomBytes(15)),
    ecdsaWithSha256,
    distinguishedName('test authority'),
    der(0x30, utcTime(Date.now() - 3600_000), utcTime(Date.now() + 3600_000)),
    distinguishedName(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(0x30, ...extensions)),
  )
  const signature = sign('sha256', tbs, issuerKey)
  const base64 = der(0x30, tbs, ecdsaWithSha256, der(0x03, hex('00'), signature)).toString('base64')
  // No empty line where the length is a multiple of 64: RFC 7468 has none, and OpenSSL takes none.
  const body = base64.match(/.{1,64}/g)?.join('\n')
  return Buffer.from(`-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`)
}

function distinguishedName(commonName: string): Buffer {
  return der(0x30, der(0x31, der(0x30, der(0x06, hex('550403')), der(0x0c, Buffer.from(commonName)))))
}

function extension(oid: string, value: Buffer, critical = false): Buffer {
  return der(0x30, der(0x06, hex(oid)), ...(critical ? [der(0x01, hex('ff'))] : []), der(0x04, value))
}

function generalName(name: string): Buffer {
  if (name.includes('://')) return der(0x86, Buffer.from(name))
  return isIPv4(name) ? der(0x87, Buffer.from(name.split('.').map(Number))) : der(0x82, Buffer.from(name))
}

function utcTime(time: number): Buffer {
  return der(0x17, Buffer.from(`${new Date(time).toISOString().replace(/\D/g, '').slice(2, 14)}Z`))
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const lengthBytes = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...lengthBytes]), content])
}

function hex(text: string): Buffer {
  return Buffer.from(text, 'hex')
}
