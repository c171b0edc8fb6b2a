import { createPublicKey, type KeyObject } from 'node:crypto'
import { fromHex } from '@reinraum/crypto'
import { IA5String, Integer } from 'asn1js'
import type { SnpProduct } from '../../snp/roots.ts'
import type { Tcb } from '../../snp/tcb.ts'
import { vekOids } from '../../snp/vek-extensions.ts'
import { der } from '../asn1.ts'
import type { CertificateContent, RevocationListContent } from '../certificates.ts'
import { basicConstraints, crlNumber, type ExtensionContent, keyUsage } from '../extensions.ts'

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
    vendor: 'amd',
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
    crl: emptyListOf(ark, after(5)),
  }
}

function emptyListOf({ subject, notBefore, signedBy }: CertificateContent, nextUpdate: Date): RevocationListContent {
  return { vendor: 'amd', issuer: subject, thisUpdate: notBefore, nextUpdate, revoked: [], extensions: [crlNumber()], signedBy }
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
