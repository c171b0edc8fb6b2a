import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import { fromHex, randomBytes, sha256, toBase64url, toHex } from '@reinraum/crypto'
import { z } from 'zod'
import { hexBytes } from '../../hex.ts'
import { encodeCertificate, encodeRevocationList } from '../certificates.ts'
import { readPrivateKey, writePrivateKey } from '../keys.ts'
import { signDocument } from './collateral.ts'
import { qeIdentityDocument, tcbInfoDocument } from './documents.ts'
import type { PckExtensionContent } from './pck-extension.ts'
import { type TdxKeys, type TdxTemplates, tdxTemplates } from './templates.ts'

const generate = promisify(generateKeyPair)
const fiveYears = 5 * 365 * 24 * 3600 * 1000
const bytes = z.string().regex(/^[A-Za-z0-9_-]+$/)
const svn = z.int().min(0).max(255)
const components = z.array(svn).length(16)
const signedDocument = z.strictObject({ text: z.string(), signature: hexBytes(64) })

/**
 * A processor that does not exist, with the root that vouches for it: real formats, worthless as protection. A contract
 * accepts it only by naming its root as simulated.
 */
export const simulatedTdxPlatformSchema = z.strictObject({
  kind: z.literal('reinraum/simulated-tdx-platform/v1'),
  createdAt: z.iso.datetime({ precision: 3 }),
  /** SHA-256 of the root's DER: what a contract names */
  rootSha256: hexBytes(32),
  fmspc: hexBytes(6),
  pceId: hexBytes(2),
  ppid: hexBytes(16),
  platformInstanceId: hexBytes(16),
  tcb: z.strictObject({
    sgxComponents: components,
    tdxComponents: components,
    pceSvn: z.int().min(0).max(0xffff),
    quotingEnclaveSvn: z.int().min(0).max(0xffff),
  }),
  /** DER, base64url */
  certificates: z.strictObject({ root: bytes, platformCa: bytes, pck: bytes, tcbSigning: bytes }),
  crls: z.strictObject({ root: bytes, pck: bytes }),
  tcbInfo: signedDocument,
  qeIdentity: signedDocument,
  /** PKCS #8, base64url */
  keys: z.strictObject({ root: bytes, platformCa: bytes, pck: bytes, tcbSigning: bytes, attestation: bytes }),
})
export type SimulatedTdxPlatform = z.infer<typeof simulatedTdxPlatformSchema>

/**
 * Generates a simulated platform: five keys on P-256, the certificates and lists of Intel's chain, and collateral under
 * which the platform is up to date, good for five years.
 */
export async function createSimulatedTdxPlatform(options: { readonly now?: Date } = {}): Promise<SimulatedTdxPlatform> {
  const { now = new Date() } = options
  const [root, platformCa, pck, tcbSigning, attestation] = await Promise.all([key(), key(), key(), key(), key()])
  const keys: TdxKeys = { root, platformCa, pck, tcbSigning, attestation }
  const platform = described(now)
  const templates = tdxTemplates({ createdAt: now, keys, pck: pckContentOf(platform) })
  const rootDer = encodeCertificate(templates.root)
  const encoded = (role: 'platformCa' | 'pck' | 'tcbSigning') => toBase64url(encodeCertificate(templates[role]))
  const signed = (document: object) => {
    const text = JSON.stringify(document)
    return { text, signature: signDocument(text, keys.tcbSigning) }
  }
  const documents = documentsOf(platform)
  return {
    kind: 'reinraum/simulated-tdx-platform/v1',
    ...platform,
    rootSha256: toHex(sha256(rootDer)),
    certificates: {
      root: toBase64url(rootDer),
      platformCa: encoded('platformCa'),
      pck: encoded('pck'),
      tcbSigning: encoded('tcbSigning'),
    },
    crls: {
      root: toBase64url(encodeRevocationList(templates.rootCrl)),
      pck: toBase64url(encodeRevocationList(templates.pckCrl)),
    },
    tcbInfo: signed(documents.tcbInfo),
    qeIdentity: signed(documents.qeIdentity),
    keys: {
      root: writePrivateKey(root),
      platformCa: writePrivateKey(platformCa),
      pck: writePrivateKey(pck),
      tcbSigning: writePrivateKey(tcbSigning),
      attestation: writePrivateKey(attestation),
    },
  }
}

/** A platform that is up to date, with identifiers of its own. */
function described(now: Date): Described {
  return {
    createdAt: now.toISOString(),
    fmspc: '00f06f000000',
    pceId: '0000',
    ppid: toHex(randomBytes(16)),
    platformInstanceId: toHex(randomBytes(16)),
    tcb: {
      sgxComponents: [2, 2, 2, 2, 3, 1, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0],
      // The module is version 1 with SVN 5.
      tdxComponents: [5, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
      pceSvn: 11,
      quotingEnclaveSvn: 4,
    },
  }
}

/** What the platform's certificates were made from, to make others from. */
export function tdxTemplatesOf(
  platform: SimulatedTdxPlatform,
  pck: PckExtensionContent = pckContentOf(platform),
): { readonly keys: TdxKeys; readonly templates: TdxTemplates } {
  const keys: TdxKeys = {
    root: readPrivateKey(platform.keys.root),
    platformCa: readPrivateKey(platform.keys.platformCa),
    pck: readPrivateKey(platform.keys.pck),
    tcbSigning: readPrivateKey(platform.keys.tcbSigning),
    attestation: readPrivateKey(platform.keys.attestation),
  }
  return { keys, templates: tdxTemplates({ createdAt: new Date(platform.createdAt), keys, pck }) }
}

type Described = Pick<SimulatedTdxPlatform, 'createdAt' | 'fmspc' | 'pceId' | 'ppid' | 'platformInstanceId' | 'tcb'>

/** TCB info and QE identity as objects, before they are written and signed. */
export function documentsOf(platform: Described) {
  const issueDate = new Date(new Date(platform.createdAt).getTime() - 3600 * 1000)
  const options = { ...platform, issueDate, nextUpdate: new Date(issueDate.getTime() + fiveYears) }
  return { tcbInfo: tcbInfoDocument(options), qeIdentity: qeIdentityDocument(options) }
}

export function pckContentOf({ ppid, pceId, fmspc, platformInstanceId, tcb }: Described): PckExtensionContent {
  return {
    ppid: fromHex(ppid),
    components: tcb.sgxComponents,
    pceSvn: tcb.pceSvn,
    cpuSvn: Uint8Array.from(tcb.sgxComponents),
    pceId: fromHex(pceId),
    fmspc: fromHex(fmspc),
    sgxType: 1,
    platformInstanceId: fromHex(platformInstanceId),
    configuration: { dynamicPlatform: true, cachedKeys: true, smtEnabled: true },
  }
}

async function key() {
  return (await generate('ec', { namedCurve: 'P-256' })).privateKey
}
