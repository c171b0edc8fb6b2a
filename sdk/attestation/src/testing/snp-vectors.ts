import { fromHex } from '@reinraum/crypto'
import { appraise } from '../appraise.ts'
import type { AttestationResult } from '../result.ts'
import type { SnpReferenceValuesInput } from '../snp/reference-values.ts'
import { amdRoots, type SnpProduct } from '../snp/roots.ts'
import { hasVectors, readPem, readVector } from './vectors.ts'

/** A signing key as an independent computation read it beside the report. */
export interface ExpectedKey {
  readonly report_sig_ok: boolean
  /** e.g. `milan/ASK`; empty where none of AMD's authorities signed it */
  readonly chain: readonly string[]
  readonly hwid_matches: boolean | null
  readonly not_before: string
  readonly not_after: string
  /** by the last parts of the extension's OID */
  readonly spl: Readonly<Record<string, number>>
}

/** As an independent computation read the report (EXPECTED-snp.json). */
export interface ExpectedReport {
  readonly file: string
  readonly length: number
  readonly version: number
  readonly guest_svn: number
  readonly policy: string
  readonly debug: boolean
  readonly migrate_ma: boolean
  readonly smt: boolean
  readonly single_socket: boolean
  readonly vmpl: number
  readonly sig_algo: number
  readonly platform_info: string
  readonly key_info: string
  readonly signing_key: 'VCEK' | 'VLEK'
  readonly reported_tcb: string
  readonly current_tcb: string
  readonly committed_tcb: string
  readonly launch_tcb: string
  /** family, model, stepping */
  readonly cpuid: string
  readonly chip_id: string
  readonly measurement: string
  readonly host_data: string
  readonly report_data: string
  readonly id_key_digest: string
  readonly author_key_digest: string
  readonly certs: Readonly<Record<string, ExpectedKey>>
}

export const expectedReports: readonly ExpectedReport[] = hasVectors
  ? JSON.parse(Buffer.from(readVector('EXPECTED-snp.json')).toString('utf8'))
  : []

export type SnpPolicyInput = NonNullable<SnpReferenceValuesInput['policy']>

export interface RealSnp {
  readonly product: SnpProduct
  /** a file beside the report; null where none is known */
  readonly vek: string | null
  readonly now: string
  readonly policy?: SnpPolicyInput
  /** whether the product's list, as it was recorded, comes along */
  readonly crl?: boolean
}

/** AMD's certificates of a product: ASK, ARK, ASVK. */
export function amdChain(product: SnpProduct): Uint8Array[] {
  return readPem(`amd/trustee_${product.toLowerCase()}_ask_ark_asvk.pem`)
}

/** Appraises a report of a real processor against reference values that are the report's own. */
export function appraiseRealSnp(expected: ExpectedReport, real: RealSnp): Promise<AttestationResult> {
  const { product, vek, now, policy = {}, crl = true } = real
  const folder = expected.file.slice(0, expected.file.lastIndexOf('/'))
  const list = crl && product !== 'Turin' ? [readVector(`amd/crl_${product.toLowerCase()}.der`)] : []
  return appraise(
    { tee: 'snp', report: readVector(expected.file) },
    { certificates: [...amdChain(product), ...(vek === null ? [] : [readVector(`${folder}/${vek}`)])], crls: list },
    {
      snp: {
        roots: [{ product, sha256: amdRoots[product], simulated: false }],
        measurements: [expected.measurement],
        hostData: [expected.host_data],
        policy,
      },
    },
    { reportData: fromHex(expected.report_data) },
    new Date(now),
  )
}
