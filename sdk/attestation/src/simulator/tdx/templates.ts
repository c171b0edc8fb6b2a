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

const tdxNames = {
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

interface TemplateOptions {
  readonly createdAt: Date
  readonly keys: TdxKeys
}
type Authority = 'root' | 'platformCa'

/** What the certificates and lists of a simulated platform say: Intel's names, OIDs, key types and lifetimes. */
export function tdxTemplates(options: TemplateOptions & { readonly pck: PckExtensionContent }): TdxTemplates {
  const certificate = certificates(options)
  return {
    root: certificate('root', 'root', 20, [keyUsage(0x06), basicConstraints(1)]),
    platformCa: certificate('platformCa', 'root', 15, [keyUsage(0x06), basicConstraints(0)]),
    pck: certificate('pck', 'platformCa', 7, [keyUsage(0xc0), noAuthority(), pckExtension(options.pck)]),
    tcbSigning: certificate('tcbSigning', 'root', 7, [keyUsage(0xc0), noAuthority()]),
    rootCrl: list('root', options),
    pckCrl: list('platformCa', options),
  }
}

function certificates({ keys, createdAt }: TemplateOptions) {
  return (role: keyof typeof tdxNames, issuer: Authority, years: number, own: ExtensionContent[]): CertificateContent => {
    const publicKey = createPublicKey(keys[role])
    return {
      vendor: 'intel',
      subject: tdxNames[role],
      issuer: tdxNames[issuer],
      serial: tdxSerials[role],
      notBefore: hourBefore(createdAt),
      notAfter: yearsAfter(createdAt, years),
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
}

function list(role: Authority, { keys, createdAt }: TemplateOptions): RevocationListContent {
  return {
    vendor: 'intel',
    issuer: tdxNames[role],
    thisUpdate: hourBefore(createdAt),
    nextUpdate: yearsAfter(createdAt, 5),
    revoked: [],
    extensions: [crlNumber(), authorityKeyIdentifier(createPublicKey(keys[role]))],
    signedBy: { key: keys[role] },
  }
}

/** An hour back, for machines whose clocks differ. */
function hourBefore(date: Date): Date {
  return new Date(date.getTime() - 3600 * 1000)
}

function yearsAfter(date: Date, years: number): Date {
  return new Date(date.getTime() + years * year)
}

function serial(first: string, last: number): Uint8Array {
  return fromHex(`${first}${'00'.repeat(18)}0${last}`)
}
