import { createHash } from 'node:crypto'
import * as asn1js from 'asn1js'
import * as pkijs from 'pkijs'
import { generalName } from './names.ts'

function extension(extnID: string, value: asn1js.BaseBlock, critical = false): pkijs.Extension {
  return new pkijs.Extension({ extnID, critical, extnValue: value.toBER() })
}

/** What makes a certificate an authority of one level. */
export function authorityExtensions(): pkijs.Extension[] {
  return [
    extension('2.5.29.19', new pkijs.BasicConstraints({ cA: true, pathLenConstraint: 0 }).toSchema(), true),
    // keyCertSign, cRLSign
    extension('2.5.29.15', new asn1js.BitString({ valueHex: new Uint8Array([0x06]).buffer, unusedBits: 1 }), true),
  ]
}

/** What lets a certificate serve and call under the given names, and issue nothing. */
export function endEntityExtensions(names: readonly string[]): pkijs.Extension[] {
  return [
    extension('2.5.29.19', new pkijs.BasicConstraints({ cA: false }).toSchema(), true),
    // digitalSignature
    extension('2.5.29.15', new asn1js.BitString({ valueHex: new Uint8Array([0x80]).buffer, unusedBits: 7 }), true),
    // serverAuth and clientAuth: a service is both
    extension('2.5.29.37', new pkijs.ExtKeyUsage({ keyPurposes: ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'] }).toSchema()),
    extension('2.5.29.17', new pkijs.AltName({ altNames: names.map(generalName) }).toSchema()),
  ]
}

/** RFC 5280 §4.2.1.10: URIs of this host and of no other; no host name and no address at all. */
export function onlyUrisOf(host: string): pkijs.Extension {
  const subtree = (base: pkijs.GeneralName) => new pkijs.GeneralSubtree({ base })
  const everyAddress = (bytes: number) =>
    new pkijs.GeneralName({ type: 7, value: new asn1js.OctetString({ valueHex: new Uint8Array(bytes * 2).buffer }) })
  const constraints = new pkijs.NameConstraints({
    permittedSubtrees: [subtree(new pkijs.GeneralName({ type: 6, value: host }))],
    excludedSubtrees: [
      subtree(new pkijs.GeneralName({ type: 2, value: '' })),
      subtree(everyAddress(4)),
      subtree(everyAddress(16)),
    ],
  })
  return extension('2.5.29.30', constraints.toSchema(), true)
}

// Two authorities that follow each other bear the same name: these two tell which of them issued (RFC 5280 §4.2.1.1, §4.2.1.2).

export function subjectKeyIdentifier(key: pkijs.PublicKeyInfo): pkijs.Extension {
  return extension('2.5.29.14', new asn1js.OctetString({ valueHex: keyIdentifier(key) }))
}

export function authorityKeyIdentifier(key: pkijs.PublicKeyInfo): pkijs.Extension {
  const identifier = new asn1js.OctetString({ valueHex: keyIdentifier(key) })
  return extension('2.5.29.35', new pkijs.AuthorityKeyIdentifier({ keyIdentifier: identifier }).toSchema())
}

/** RFC 7093 §2, method 1: the first 160 bits of the SHA-256 of the public key. */
function keyIdentifier({ subjectPublicKey }: pkijs.PublicKeyInfo): ArrayBuffer {
  const digest = createHash('sha256').update(subjectPublicKey.valueBlock.valueHexView).digest()
  return Uint8Array.from(digest.subarray(0, 20)).buffer
}
