import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { fromHex } from '@reinraum/crypto'
import { Boolean as Asn1Boolean, BitString, IA5String, Integer, Sequence } from 'asn1js'
import type { SnpProduct } from '../snp/roots.ts'
import type { Tcb } from '../snp/tcb.ts'
import { vekOids } from '../snp/vek-extensions.ts'
import { type CertificateContent, der, type ExtensionContent, type RevocationListContent } from './certificates.ts'

const year = 365 * 24 * 3600 * 1000

export interface ChainKeys {
  readonly ark: KeyObject
  readonly ask: KeyObject
  readonly vcek: KeyObject
}

export interface ChainTemplates {
  readonly ark: CertificateContent
  readonly ca: CertificateContent
  readonly vek: CertificateContent
  readonly crl: RevocationListContent
}

/** What the certificates of a simulated platform say: AMD's names, OIDs, key types and lifetimes. */
export function chainTemplates(options: {
  readonly product: SnpProduct
  readonly chipId: string
  readonly tcb: Tcb
  readonly createdAt: Date
  readonly keys: ChainKeys
}): ChainTemplates {
  const { product, keys, createdAt } = options
  // An hour back, for machines whose clocks differ.
  const notBefore = new Date(createdAt.getTime() - 3600 * 1000)
  const after = (years: number) => new Date(createdAt.getTime() + years * year)
  const [arkName, askName] = [`ARK-${product}`, `SEV-${product}`]
  const ark: CertificateContent = {
    subject: arkName,
    issuer: arkName,
    serial: Uint8Array.of(0x7f, 0, 0),
    notBefore,
    notAfter: after(20),
    publicKey: createPublicKey(keys.ark),
    extensions: [basicConstraints(), keyUsage(0x06)],
    signedBy: { key: keys.ark },
  }
  return {
    ark,
    ca: {
      ...ark,
      subject: askName,
      serial: Uint8Array.of(0x7f, 0, 1),
      publicKey: createPublicKey(keys.ask),
      extensions: [basicConstraints(), keyUsage(0x04)],
    },
    vek: {
      ...ark,
      subject: 'SEV-VCEK',
      issuer: askName,
      serial: Uint8Array.of(0),
      notAfter: after(7),
      publicKey: createPublicKey(keys.vcek),
      extensions: vcekExtensions(options),
      signedBy: { key: keys.ask },
    },
    crl: {
      issuer: arkName,
      thisUpdate: notBefore,
      nextUpdate: after(5),
      revoked: [],
      extensions: [crlNumber()],
      signedBy: ark.signedBy,
    },
  }
}

function vcekExtensions({ product, chipId, tcb }: { product: SnpProduct; chipId: string; tcb: Tcb }): ExtensionContent[] {
  const spl = (oid: string, value: number) => amdExtension(oid, der(Integer.fromBigInt(value)))
  const turin = product === 'Turin'
  return [
    spl(vekOids.structVersion, turin ? 1 : 0),
    amdExtension(vekOids.product, der(new IA5String({ value: product }))),
    ...(turin ? [spl(vekOids.fmc, tcb.fmc)] : []),
    spl(vekOids.bootloader, tcb.bootloader),
    spl(vekOids.tee, tcb.tee),
    spl(vekOids.snp, tcb.snp),
    spl(vekOids.microcode, tcb.microcode),
    amdExtension(vekOids.hwid, fromHex(chipId).subarray(0, turin ? 8 : 64)),
  ]
}

export function amdExtension(oid: string, value: Uint8Array): ExtensionContent {
  return { oid, critical: false, value }
}

export function basicConstraints(): ExtensionContent {
  return { oid: '2.5.29.19', critical: true, value: der(new Sequence({ value: [new Asn1Boolean({ value: true })] })) }
}

/** RFC 5280 §4.2.1.3: 0x04 signs certificates, 0x02 lists; one unused bit. */
export function keyUsage(bits: number): ExtensionContent {
  return { oid: '2.5.29.15', critical: true, value: der(new BitString({ valueHex: Uint8Array.of(bits), unusedBits: 1 })) }
}

function crlNumber(): ExtensionContent {
  return { oid: '2.5.29.20', critical: false, value: der(new Integer({ value: 1 })) }
}

export function readPrivateKey(pkcs8: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' })
}
