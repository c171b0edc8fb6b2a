import { createPublicKey, type KeyObject } from 'node:crypto'
import { fromHex } from '@reinraum/crypto'
import type { CertificateContent, RevocationListContent } from '../certificates.ts'
import {
  authorityKeyIdentifier,
  basicConstraints,
  crlDistributionPoint,
  crlNumber,
  type ExtensionContent,
  keyUsage,
  noAuthority,
  subjectKeyIdentifier,
} from '../extensions.ts'
import { type PckExtensionContent, pckExtension } from './pck-extension.ts'

const year = 365 * 24 * 3600 * 1000

export const tdxNames = {
  root: 'Intel SGX Root CA',
  platformCa: 'Intel SGX PCK Platform CA',
  pck: 'Intel SGX PCK Certificate',
  tcbSigning: 'Intel SGX TCB Signing',
} as const

/** 20 octets as Intel's; the PCK's has the top bit, so that DER puts a zero before it */
export const tdxSerials = {
  root: serial('7f', 1),
  platformCa: serial('7f', 2),
  tcbSigning: serial('7f', 3),
  pck: serial('00ff', 4),
} as const

const addresses = {
  root: 'https://certificates.trustedservices.intel.com/IntelSGXRootCA.der',
  pck: 'https://api.trustedservices.intel.com/sgx/certification/v4/pckcrl?ca=platform&encoding=der',
} as const

export interface TdxKeys {
  readonly root: KeyObject
  readonly platformCa: KeyObject
  readonly pck: KeyObject
  readonly tcbSigning: KeyObject
  /** the quoting enclave's own */
  readonly attestation: KeyObject
}

export interface TdxTemplates {
  readonly root: CertificateContent
  readonly platformCa: CertificateContent
  readonly pck: CertificateContent
  readonly tcbSigning: CertificateContent
  readonly rootCrl: RevocationListContent
  readonly pckCrl: RevocationListContent
}

/** What the certificates and lists of a simulated platform say: Intel's names, OIDs, key types and lifetimes. */
export function tdxTemplates(options: {
  readonly createdAt: Date
  readonly keys: TdxKeys
  readonly pck: PckExtensionContent
}): TdxTemplates {
  const { keys, createdAt } = options
  // An hour back, for machines whose clocks differ.
  const notBefore = new Date(createdAt.getTime() - 3600 * 1000)
  const after = (years: number) => new Date(createdAt.getTime() + years * year)
  const made = (role: keyof typeof tdxNames, issuer: 'root' | 'platformCa', years: number, own: ExtensionContent[]) => {
    const publicKey = createPublicKey(keys[role])
    return {
      vendor: 'intel' as const,
      subject: tdxNames[role],
      issuer: tdxNames[issuer],
      serial: tdxSerials[role],
      notBefore,
      notAfter: after(years),
      publicKey,
      extensions: [
        authorityKeyIdentifier(createPublicKey(keys[issuer])),
        crlDistributionPoint(issuer === 'root' ? addresses.root : addresses.pck),
        subjectKeyIdentifier(publicKey),
        ...own,
      ],
      signedBy: { key: keys[issuer] },
    }
  }
  const list = (role: 'root' | 'platformCa') => ({
    vendor: 'intel' as const,
    issuer: tdxNames[role],
    thisUpdate: notBefore,
    nextUpdate: after(5),
    revoked: [],
    extensions: [crlNumber(), authorityKeyIdentifier(createPublicKey(keys[role]))],
    signedBy: { key: keys[role] },
  })
  return {
    root: made('root', 'root', 20, [keyUsage(0x06), basicConstraints(1)]),
    platformCa: made('platformCa', 'root', 15, [keyUsage(0x06), basicConstraints(0)]),
    pck: made('pck', 'platformCa', 7, [keyUsage(0xc0), noAuthority(), pckExtension(options.pck)]),
    tcbSigning: made('tcbSigning', 'root', 7, [keyUsage(0xc0), noAuthority()]),
    rootCrl: list('root'),
    pckCrl: list('platformCa'),
  }
}

function serial(first: string, last: number): Uint8Array {
  return fromHex(`${first}${'00'.repeat(18)}0${last}`)
}
