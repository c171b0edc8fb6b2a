import { concatBytes, fromHex, sha256, toBase64url, toHex } from '@reinraum/crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { isAcceptable } from '../result.ts'
import { type CertificateContent, encodeCertificate } from '../simulator/certificates.ts'
import { basicConstraints, keyUsage } from '../simulator/extensions.ts'
import type { TdxCollateral } from '../simulator/tdx/collateral.ts'
import { type SimulatedTdxPlatform, tdxTemplatesOf } from '../simulator/tdx/platform.ts'
import { shiftedBy, strangerP384, withExtension } from '../testing/certificate-changes.ts'
import { appraiseTdxIn, createTdxPlatform, rtmrs, type TdxSituation } from '../testing/simulated-tdx-evidence.ts'
import { expired, quoteKinds, signedByStranger } from '../testing/tdx-faults/fault.ts'
import { tdxRelaxations } from '../testing/tdx-faults/relaxed.ts'
import { moduleIs, platformIs, quotingEnclaveIs, teeTcbSvn } from '../testing/tdx-faults/tcb.ts'

let platform: SimulatedTdxPlatform
beforeAll(async () => {
  platform = await createTdxPlatform()
})

describe('what the reference values relax is accepted as a warning that names it', () => {
  it.each(tdxRelaxations.map((one) => [`${one.waiver}: ${one.when}`, one] as const))(
    '%s',
    async (_, { waiver, ...situation }) => {
      const result = await appraiseTdxIn(platform, situation)
      expect(result).toMatchObject({ status: 'warning', reasons: [], waivers: [waiver] })
      expect(result.checks.filter((check) => check.verdict === 'failed')).toEqual([])
      expect(isAcceptable(result)).toBe(true)
      expect(Object.values(result.trustVector)).toContain(32)
    },
  )

  it('a revocation list that is not required but there must still be good', async () => {
    const reference = { policy: { requireCrl: false } }
    const stale = { pckCrl: <T extends object>(list: T) => ({ ...list, nextUpdate: shiftedBy(-1) }) }
    const result = await appraiseTdxIn(platform, { overrides: stale, reference })
    expect(result).toMatchObject({ status: 'contraindicated', reasons: ['crl-expired'] })
    const garbage = { collateral: (c: TdxCollateral) => ({ ...c, root_ca_crl: '', pck_crl: '3000' }) }
    expect((await appraiseTdxIn(platform, { overrides: garbage, reference })).reasons).toEqual(['crl-invalid'])
  })

  it('one list that is missing leaves the other one in force', async () => {
    const reference = { policy: { requireCrl: false } }
    const overrides = {
      collateral: (c: TdxCollateral) => ({ ...c, root_ca_crl: '' }),
      pckCrl: <T extends object>(list: T) => ({ ...list, revoked: [tdxTemplatesOf(platform).templates.pck.serial] }),
    }
    expect((await appraiseTdxIn(platform, { overrides, reference })).reasons).toEqual(['certificate-revoked'])
  })
})

describe('platform, module and quoting enclave converge', () => {
  it.each([
    ['UpToDate', 'UpToDate', 'UpToDate', 'UpToDate'],
    ['UpToDate', 'OutOfDate', 'UpToDate', 'OutOfDate'],
    ['UpToDate', 'UpToDate', 'OutOfDate', 'OutOfDate'],
    ['SWHardeningNeeded', 'UpToDate', 'UpToDate', 'SWHardeningNeeded'],
    ['SWHardeningNeeded', 'OutOfDate', 'UpToDate', 'OutOfDate'],
    ['ConfigurationNeeded', 'UpToDate', 'UpToDate', 'ConfigurationNeeded'],
    ['ConfigurationNeeded', 'OutOfDate', 'UpToDate', 'OutOfDateConfigurationNeeded'],
    ['ConfigurationAndSWHardeningNeeded', 'UpToDate', 'OutOfDate', 'OutOfDateConfigurationNeeded'],
    ['OutOfDateConfigurationNeeded', 'UpToDate', 'UpToDate', 'OutOfDateConfigurationNeeded'],
    ['Revoked', 'UpToDate', 'UpToDate', 'Revoked'],
    ['UpToDate', 'Revoked', 'UpToDate', 'Revoked'],
    ['UpToDate', 'OutOfDate', 'Revoked', 'Revoked'],
  ])('%s, %s and %s are %s', async (ofPlatform, ofModule, ofEnclave, status) => {
    const { tcbInfo: onPlatform } = platformIs(ofPlatform)
    const { tcbInfo: onModule } = moduleIs(ofModule)
    const overrides = {
      tcbInfo: (info: Parameters<typeof onPlatform>[0]) => onModule(onPlatform(info)),
      ...quotingEnclaveIs(ofEnclave),
    }
    const { claims } = await appraiseTdxIn(platform, { overrides })
    expect(claims).toMatchObject({ tcb: { status, platform: ofPlatform, module: ofModule, quotingEnclave: ofEnclave } })
  })

  it('the advisories are those of all, and the date is the oldest', async () => {
    const overrides: TdxSituation['overrides'] = {
      tcbInfo: (info) => ({
        ...info,
        tcbLevels: info.tcbLevels.map((level) => ({ ...level, advisoryIDs: ['INTEL-SA-2', 'INTEL-SA-1'] })),
        tdxModuleIdentities: info.tdxModuleIdentities.map((identity) => ({
          ...identity,
          tcbLevels: identity.tcbLevels.map((level) => ({
            ...level,
            tcbDate: '2019-05-15T00:00:00Z',
            advisoryIDs: ['INTEL-SA-3'],
          })),
        })),
      }),
      qeIdentity: (identity) => ({
        ...identity,
        tcbLevels: identity.tcbLevels.map((level) => ({ ...level, advisoryIDs: ['INTEL-SA-1'] })),
      }),
    }
    const { claims, status } = await appraiseTdxIn(platform, { overrides })
    expect(status).toBe('affirming')
    expect(claims).toMatchObject({
      tcb: { advisories: ['INTEL-SA-1', 'INTEL-SA-2', 'INTEL-SA-3'], date: '2019-05-15T00:00:00.000Z' },
    })
  })
})

const list = (field: 'root_ca_crl' | 'pck_crl', write: (der: Buffer) => string) => ({
  collateral: (c: TdxCollateral) => ({ ...c, [field]: write(Buffer.from(fromHex(c[field]))) }),
})
const processor = 'Intel SGX PCK Processor CA'

describe('what is only unusual is affirming', () => {
  const unusual: [string, TdxSituation][] = [
    ['zeros after the quote', { overrides: { afterSigning: (quote) => concatBytes(quote, new Uint8Array(70)) } }],
    ['certificates in the quote without a zero at the end', { overrides: { quoteChainPem: (pem) => pem.slice(0, -1) } }],
    [
      'certificates in the quote with other line ends',
      {
        overrides: {
          quoteChainPem: (pem) => new Uint8Array(Buffer.from(Buffer.from(pem).toString('latin1').replaceAll('\n', '\r\n'))),
        },
      },
    ],
    ['a revocation list in base64', { overrides: list('pck_crl', (der) => der.toString('base64')) }],
    [
      'a revocation list in PEM',
      {
        overrides: list('root_ca_crl', (der) => `-----BEGIN X509 CRL-----\n${der.toString('base64')}\n-----END X509 CRL-----\n`),
      },
    ],
    [
      "a PCK of Intel's other authority, which has no platform instance",
      {
        overrides: {
          platformCa: (c) => ({ ...c, subject: processor }),
          pck: (c) => ({ ...c, issuer: processor }),
          pckExtension: (p) => ({ ...p, platformInstanceId: null }),
          pckCrl: (c) => ({ ...c, issuer: processor }),
        },
      },
    ],
    [
      'components of 128 and more, which DER writes in two bytes',
      { overrides: { pckExtension: (p) => ({ ...p, components: p.components.map(() => 213) }) } },
    ],
    ['a PCE newer than any level', { overrides: { pckExtension: (p) => ({ ...p, pceSvn: 300 }) } }],
    ['a module of another version, with levels of its own', { overrides: { body: { teeTcbSvn: teeTcbSvn(3, 3) } } }],
    ['a module without a version of its own', { overrides: { body: { teeTcbSvn: teeTcbSvn(5, 0) } } }],
    ['no authentication data', { overrides: { authData: new Uint8Array() } }],
    ['long authentication data', { overrides: { authData: new Uint8Array(1024).fill(7) } }],
    ['user data in the header', { overrides: { header: { userData: new Uint8Array(20).fill(7) } } }],
    ['a quoting enclave that is newer than any level', { overrides: { enclaveReport: { isvSvn: 9 } } }],
    ['every state that a module may keep', { overrides: { body: { xfam: 0x6_dbe7n } } }],
    [
      'a field that is not known here',
      { overrides: { tcbInfo: (info) => ({ ...info, more: 1 }), collateral: (c) => ({ ...c, more: '' }) } },
    ],
    ['collateral as new as the reference values ask', { reference: { policy: { minimumTcbEvaluationDataNumber: 17 } } }],
  ]
  it.each(unusual)('%s', async (_, situation) => {
    expect(await appraiseTdxIn(platform, situation)).toMatchObject({ status: 'affirming', reasons: [], waivers: [] })
  })

  it('an event log that is neither there nor asked for', async () => {
    const result = await appraiseTdxIn(platform, { guest: { rtmrs }, reference: { eventLog: 'if-present' } })
    expect(result).toMatchObject({ status: 'affirming', reasons: [] })
    expect(result.checks.find((check) => check.name === 'event-log')?.verdict).toBe('skipped')
  })

  it('reference values that ask for firmware and kernel alone', async () => {
    const reference = { rtmr0: undefined, rtmr3: undefined, mrConfigId: undefined }
    const others = { mrOwner: undefined, mrOwnerConfig: undefined, mrSeam: undefined }
    expect(
      (await appraiseTdxIn(platform, { reference: { ...reference, ...others } as TdxSituation['reference'] & object })).status,
    ).toBe('affirming')
  })

  it.each(quoteKinds)('the other form of the same ECDSA signature (version $version, TD $body)', async (guest) => {
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
    const at = (guest.version === 4 ? 632 : guest.body === '1.0' ? 638 : 702) + 4 + 32
    const afterSigning = (quote: Uint8Array) => {
      const changed = Uint8Array.from(quote)
      const s = BigInt(`0x${toHex(quote.subarray(at, at + 32))}`)
      changed.set(fromHex((order - s).toString(16).padStart(64, '0')), at)
      return changed
    }
    expect((await appraiseTdxIn(platform, { guest, overrides: { afterSigning } })).status).toBe('affirming')
  })
})

/** The platform under another root, which is pinned. An ECDSA signature is random, so it is made once. */
function withRoot(change: (content: CertificateContent) => CertificateContent): SimulatedTdxPlatform {
  const root = encodeCertificate(change(tdxTemplatesOf(platform).templates.root))
  return { ...platform, certificates: { ...platform.certificates, root: toBase64url(root) }, rootSha256: toHex(sha256(root)) }
}

describe('a root is not right for being pinned', () => {
  const roots: [string, (c: CertificateContent) => CertificateContent, string][] = [
    ['is issued by another name', (c) => ({ ...c, issuer: 'Intel SGX PCK Platform CA' }), 'chain-names-invalid'],
    ['is no authority', withExtension('2.5.29.19', null), 'chain-constraints-invalid'],
    ['allows no authority below it', withExtension('2.5.29.19', basicConstraints(0).value, true), 'chain-constraints-invalid'],
    ['may not sign certificates', withExtension('2.5.29.15', keyUsage(0x02).value, true), 'chain-constraints-invalid'],
    ['has a key on another curve', (c) => ({ ...c, publicKey: strangerP384.publicKey }), 'chain-constraints-invalid'],
    [
      'has a critical extension that is unknown',
      withExtension('1.2.3.4', Uint8Array.of(5, 0), true),
      'chain-constraints-invalid',
    ],
    ['may not sign revocation lists', withExtension('2.5.29.15', keyUsage(0x04).value, true), 'crl-invalid'],
    ['is not signed by itself', signedByStranger, 'chain-signature-invalid'],
    ['has expired', expired, 'certificate-expired'],
  ]
  it.each(roots)('one that %s is refused', async (_, change, reason) => {
    expect((await appraiseTdxIn(withRoot(change))).reasons).toEqual([reason])
  })

  it('one that has another name is refused, although all that it issued agrees with it', async () => {
    const name = 'Intel SGX Root CA 2'
    const issued = <T extends object>(content: T) => ({ ...content, issuer: name })
    const overrides = { platformCa: issued, tcbSigning: issued, rootCrl: issued }
    const result = await appraiseTdxIn(
      withRoot((c) => ({ ...c, subject: name, issuer: name })),
      { overrides },
    )
    expect(result.reasons).toEqual(['chain-names-invalid'])
  })

  it('and the root of another platform vouches for this one no more than a stranger', async () => {
    const other = await createTdxPlatform()
    const roots = [{ sha256: other.rootSha256, simulated: true }]
    expect((await appraiseTdxIn(platform, { reference: { roots } })).reasons).toEqual(['root-not-pinned'])
    const both = [...roots, { sha256: platform.rootSha256, simulated: true }]
    expect((await appraiseTdxIn(platform, { reference: { roots: both } })).status).toBe('affirming')
    // A chain of this platform cannot be finished with the collateral of another, though both roots are listed.
    const mixed = {
      ...platform,
      tcbInfo: other.tcbInfo,
      certificates: { ...platform.certificates, tcbSigning: other.certificates.tcbSigning },
    }
    expect((await appraiseTdxIn(mixed, { reference: { roots: both } })).reasons).toEqual([
      'tcb-info-signer-invalid',
      'qe-identity-signer-invalid',
    ])
  })
})
