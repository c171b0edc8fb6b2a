import { createHash, createPublicKey, verify, X509Certificate } from 'node:crypto'
import { fromBase64url, fromHex, toHex } from '@reinraum/crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { now, reportData } from '../../testing/simulated-evidence.ts'
import { events, mrtd, rtmrs, tdxEvidenceOf } from '../../testing/simulated-tdx-evidence.ts'
import { hasVectors, readVector } from '../../testing/vectors.ts'
import { parseCertificate } from '../../x509/certificate.ts'
import { parseRevocationList } from '../../x509/revocation-list.ts'
import type { TdxCollateral } from './collateral.ts'
import { createSimulatedTdxPlatform, type SimulatedTdxPlatform, simulatedTdxPlatformSchema } from './platform.ts'

let platform: SimulatedTdxPlatform
beforeAll(async () => {
  platform = await createSimulatedTdxPlatform({ now })
})

interface Taken {
  readonly quote: Uint8Array
  readonly collateral: TdxCollateral
}

async function simulated(version: 4 | 5 = 4, body: '1.0' | '1.5' = '1.5'): Promise<Taken> {
  const { evidence, endorsements } = await tdxEvidenceOf(platform, { guest: { version, body } })
  return { quote: evidence.quote, collateral: JSON.parse(Buffer.from(endorsements.collateral ?? []).toString()) }
}

function real(): Taken {
  const collateral = JSON.parse(Buffer.from(readVector('tdx/phala/collateral.json')).toString())
  return { quote: readVector('tdx/phala/quote.bin'), collateral }
}

/** Takes a quote apart by what Intel's appendix says, and by nothing of the code that made it. */
function takeApart(quote: Uint8Array) {
  const view = new DataView(quote.buffer, quote.byteOffset, quote.length)
  const version = view.getUint16(0, true)
  const signedLength = version === 4 ? 48 + 584 : 48 + 6 + view.getUint32(50, true)
  const end = signedLength + 4 + view.getUint32(signedLength, true)
  const at = signedLength + 4
  const certificationEnd = at + 134 + view.getUint32(at + 130, true)
  const authAt = at + 134 + 384 + 64
  const authLength = view.getUint16(authAt, true)
  const pemAt = authAt + 2 + authLength + 6
  const pemLength = view.getUint32(pemAt - 4, true)
  return {
    version,
    signed: quote.subarray(0, signedLength),
    signature: quote.subarray(at, at + 64),
    key: quote.subarray(at + 64, at + 128),
    types: [view.getUint16(at + 128, true), view.getUint16(pemAt - 6, true)],
    enclaveReport: quote.subarray(at + 134, at + 134 + 384),
    enclaveReportSignature: quote.subarray(at + 134 + 384, authAt),
    authData: quote.subarray(authAt + 2, authAt + 2 + authLength),
    pem: Buffer.from(quote.subarray(pemAt, pemAt + pemLength)).toString('latin1'),
    ends: [pemAt + pemLength, certificationEnd, end],
  }
}

function certificatesIn(pem: string): X509Certificate[] {
  return (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map((one) => new X509Certificate(one))
}

function holds(key: X509Certificate['publicKey'], bytes: Uint8Array, signature: Uint8Array): boolean {
  return verify('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' }, signature)
}

/** names, lifetimes left out, which extensions and how large: what two certificates of one kind share */
function shapeOf(certificate: X509Certificate | undefined) {
  const parsed = parseCertificate(certificate?.raw ?? new Uint8Array())
  return {
    subject: certificate?.subject,
    issuer: certificate?.issuer,
    ca: parsed?.ca,
    pathLength: parsed?.pathLength,
    keyUsage: parsed?.keyUsage,
    extensions: [...(parsed?.extensions ?? [])].map(([oid, value]) => [oid, value.length]),
    algorithm: parsed?.algorithm,
    curve: certificate?.publicKey.asymmetricKeyDetails?.namedCurve,
  }
}

/** keys and types all the way down, of arrays the first element's */
function shapeOfJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOfJson)
  if (typeof value !== 'object' || value === null) return typeof value
  return Object.entries(value).map(([key, inner]) => [key, shapeOfJson(inner)])
}

it('a platform is written to JSON and read back, and makes the same endorsements again', async () => {
  const read = simulatedTdxPlatformSchema.parse(JSON.parse(JSON.stringify(platform)))
  expect(read).toEqual(platform)
  expect((await tdxEvidenceOf(read)).endorsements).toEqual((await tdxEvidenceOf(platform)).endorsements)
  expect(simulatedTdxPlatformSchema.safeParse({ kind: platform.kind }).success).toBe(false)
  expect(simulatedTdxPlatformSchema.safeParse({ ...platform, more: 1 }).success).toBe(false)
})

describe('OpenSSL verifies what a simulated platform made', () => {
  it('the chain in the quote, by the algorithm that each certificate names', async () => {
    const [pck, ca, root] = certificatesIn(takeApart((await simulated()).quote).pem)
    if (!pck || !ca || !root) throw new Error('three certificates')
    expect([pck.verify(ca.publicKey), ca.verify(root.publicKey), root.verify(root.publicKey)]).toEqual([true, true, true])
    expect([pck.checkIssued(ca), ca.checkIssued(root), root.checkIssued(root)]).toEqual([true, true, true])
    expect(root.fingerprint256.replaceAll(':', '').toLowerCase()).toBe(platform.rootSha256)
  })

  it.each([
    { version: 4, body: '1.0' },
    { version: 5, body: '1.0' },
    { version: 5, body: '1.5' },
  ] as const)('the signatures of a version $version quote with the body of TD $body', async ({ version, body }) => {
    const { quote } = await simulated(version, body)
    const parts = takeApart(quote)
    expect(parts).toMatchObject({ version, types: [6, 5], ends: [quote.length, quote.length, quote.length] })
    const [pck] = certificatesIn(parts.pem)
    const point = Buffer.concat([Buffer.of(4), parts.key])
    const jwk = {
      kty: 'EC',
      crv: 'P-256',
      x: point.subarray(1, 33).toString('base64url'),
      y: point.subarray(33).toString('base64url'),
    }
    expect(holds(createPublicKey({ key: jwk, format: 'jwk' }), parts.signed, parts.signature)).toBe(true)
    expect(pck && holds(pck.publicKey, parts.enclaveReport, parts.enclaveReportSignature)).toBe(true)
    const digest = createHash('sha256').update(parts.key).update(parts.authData).digest('hex')
    expect(toHex(parts.enclaveReport.subarray(320))).toBe(`${digest}${'00'.repeat(32)}`)
    const at = version === 4 ? 48 : 54
    expect(toHex(parts.signed.subarray(at + 136, at + 184))).toBe(mrtd)
    expect(parts.signed.subarray(at + 520, at + 584)).toEqual(reportData)
  })

  it('TCB info and QE identity, over the text', async () => {
    const { collateral } = await simulated()
    for (const name of ['tcb_info', 'qe_identity'] as const) {
      const [signer, root] = certificatesIn(collateral[`${name}_issuer_chain`])
      if (!signer || !root) throw new Error('two certificates')
      expect(signer.verify(root.publicKey)).toBe(true)
      expect(holds(signer.publicKey, Buffer.from(collateral[name]), fromHex(collateral[`${name}_signature`]))).toBe(true)
    }
  })

  it('both revocation lists, each with its number', async () => {
    const { collateral } = await simulated()
    const [ca, root] = certificatesIn(collateral.pck_crl_issuer_chain)
    for (const [list, issuer] of [
      [collateral.root_ca_crl, root],
      [collateral.pck_crl, ca],
    ] as const) {
      const parsed = parseRevocationList(fromHex(list))
      if (!parsed || !issuer) throw new Error('a list and its issuer')
      expect(verify('sha256', parsed.signed, issuer.publicKey, parsed.signature)).toBe(true)
      expect(parsed).toMatchObject({ number: 1n, issuer: { commonName: /CN=(.*)/.exec(issuer.subject)?.[1] } })
    }
  })
})

describe.skipIf(!hasVectors)('what a simulated platform makes has the form of what hardware made', () => {
  it('the certificates: names, constraints, extensions in their order, lengths', async () => {
    const mine = await simulated()
    const theirs = real()
    const chains = ({ quote, collateral }: Taken) =>
      [
        takeApart(quote).pem,
        collateral.pck_crl_issuer_chain,
        collateral.tcb_info_issuer_chain,
        collateral.qe_identity_issuer_chain,
      ]
        .map(certificatesIn)
        .map((chain) => chain.map(shapeOf))
    expect(chains(mine)).toEqual(chains(theirs))
    expect(takeApart(mine.quote).pem.endsWith('-----END CERTIFICATE-----\n\0')).toBe(true)
    expect(takeApart(theirs.quote).pem.endsWith('-----END CERTIFICATE-----\n\0')).toBe(true)
  })

  it("the PCK's own extension: the same OIDs and types at the same places", async () => {
    const extension = (taken: Taken) => {
      const [pck] = certificatesIn(takeApart(taken.quote).pem)
      return parseCertificate(pck?.raw ?? new Uint8Array())?.extensions.get('1.2.840.113741.1.13.1')
    }
    const [mine, theirs] = [extension(await simulated()), extension(real())]
    // Where the values differ, tags, lengths and OIDs do not.
    const skeleton = (der: Uint8Array | undefined) =>
      toHex(der ?? new Uint8Array()).match(/060[ab]2a864886f84d010d01..(?:..)?(0[1-4a]|30)../g)
    expect(skeleton(mine)).toEqual(skeleton(theirs))
    expect(skeleton(mine)?.length).toBeGreaterThan(25)
  })

  it('the revocation lists: names and extensions', async () => {
    const lists = ({ collateral }: Taken) =>
      [collateral.root_ca_crl, collateral.pck_crl].map((list) => {
        const parsed = parseRevocationList(fromHex(list))
        return { issuer: parsed?.issuer.sha256, number: parsed?.number, algorithm: parsed?.algorithm }
      })
    expect(lists(await simulated())).toEqual(lists(real()))
  })

  it('the collateral: nine fields of text, and two documents with the same fields in the same order', async () => {
    const [mine, theirs] = [(await simulated()).collateral, real().collateral]
    expect(shapeOfJson(mine)).toEqual(shapeOfJson(theirs))
    for (const name of ['tcb_info', 'qe_identity'] as const) {
      expect(shapeOfJson(JSON.parse(mine[name]))).toEqual(shapeOfJson(JSON.parse(theirs[name])))
      expect(mine[name]).toBe(JSON.stringify(JSON.parse(mine[name])))
      expect(theirs[name]).toBe(JSON.stringify(JSON.parse(theirs[name])))
    }
  })

  it('the quote: header, and the lengths of everything that has one length', async () => {
    const [mine, theirs] = [takeApart((await simulated()).quote), takeApart(real().quote)]
    expect(mine.signed.subarray(0, 28)).toEqual(theirs.signed.subarray(0, 28))
    expect(mine.authData).toEqual(theirs.authData)
    expect(mine.types).toEqual(theirs.types)
  })
})

describe('the event log of a simulated guest', () => {
  it('leads to the RTMRs of its quote', async () => {
    const { quote } = await simulated()
    const registers = [0, 1, 2, 3].map((index) => toHex(quote.subarray(48 + 328 + index * 48, 48 + 376 + index * 48)))
    expect(registers).toEqual(rtmrs)
    const extended = events
      .filter((event) => event.rtmr === 1)
      .reduce((register, { data }) => {
        const digest = createHash('sha384').update(data).digest()
        return createHash('sha384').update(register).update(digest).digest()
      }, Buffer.alloc(48))
    expect(registers[1]).toBe(extended.toString('hex'))
  })

  it.skipIf(!hasVectors)('begins as that of hardware does', async () => {
    const { evidence } = await tdxEvidenceOf(platform)
    const theirs = readVector('tdx/gotdx-cos113/ccel_data.bin')
    expect(evidence.eventLog?.subarray(0, 65)).toEqual(theirs.subarray(0, 65))
  })
})

it('the keys in a platform are those of its certificates', () => {
  const { certificates, keys } = platform
  for (const role of ['root', 'platformCa', 'pck', 'tcbSigning'] as const) {
    const certificate = new X509Certificate(fromBase64url(certificates[role]))
    const key = createPublicKey({ key: Buffer.from(fromBase64url(keys[role])), format: 'der', type: 'pkcs8' } as never)
    expect(certificate.publicKey.equals(key)).toBe(true)
  }
})
