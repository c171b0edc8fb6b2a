import type { Endorsements, Expected } from '../evidence.ts'
import { type ParsedCertificate, parseCertificate } from '../x509/certificate.ts'
import { type ParsedRevocationList, parseRevocationList } from '../x509/revocation-list.ts'
import { productOfCpuid } from './product.ts'
import type { SnpReferenceValues } from './reference-values.ts'
import { type SigningKeyKind, type SnpReport, signingKeyKind } from './report.ts'
import { type SnpProduct, snpProducts } from './roots.ts'
import { readProduct } from './vek-extensions.ts'

/** VEK, ASK, ASVK and ARK, and as many again; of lists there is one */
const maxCertificates = 8
const maxRevocationLists = 4

/** Everything that the checks look at, read but not yet believed. */
export interface SnpSubject {
  readonly report: SnpReport
  /** null where CPUID names no known product */
  readonly product: SnpProduct | null
  /** whether every certificate and every list could be read */
  readonly certificatesReadable: boolean
  readonly listsReadable: boolean
  readonly ark: ParsedCertificate | null
  /** ASK for a VCEK, ASVK for a VLEK */
  readonly ca: ParsedCertificate | null
  readonly vek: ParsedCertificate | null
  readonly vekKind: SigningKeyKind | null
  /** whether two different certificates claim one role */
  readonly ambiguous: boolean
  readonly lists: readonly ParsedRevocationList[]
  readonly reference: SnpReferenceValues
  readonly expected: Expected
  readonly now: Date
}

export function readSubject(
  report: SnpReport,
  endorsements: Endorsements,
  given: Pick<SnpSubject, 'reference' | 'expected' | 'now'>,
): SnpSubject {
  const certificates = readAll(endorsements.certificates, maxCertificates, parseCertificate)
  const lists = readAll(endorsements.crls, maxRevocationLists, parseRevocationList)
  // The same certificate twice is one certificate.
  const distinct = [...new Map((certificates ?? []).map((c) => [c.sha256, c])).values()]
  const named = (name: string | null) => distinct.filter((c) => name !== null && c.subject.commonName === name)

  const vek = findVek(report, named)
  const product = productOf(report, vek.found[0] ?? null)
  const caName = product === null ? null : vek.kind === 'VLEK' ? `SEV-VLEK-${product}` : `SEV-${product}`
  const ca = named(caName)
  const ark = named(product === null ? null : `ARK-${product}`)
  return {
    ...given,
    report,
    product,
    certificatesReadable: certificates !== null,
    listsReadable: lists !== null,
    ark: ark[0] ?? null,
    ca: ca[0] ?? null,
    vek: vek.found[0] ?? null,
    vekKind: vek.kind,
    ambiguous: [ark, ca, vek.found].some((found) => found.length > 1),
    lists: lists ?? [],
  }
}

/** The certificate that the report's SIGNING_KEY asks for; else the other kind, for the check that refuses it. */
function findVek(
  report: SnpReport,
  named: (name: string) => ParsedCertificate[],
): { readonly found: readonly ParsedCertificate[]; readonly kind: SigningKeyKind | null } {
  const wanted = signingKeyKind(report) ?? 'VCEK'
  const other = wanted === 'VCEK' ? 'VLEK' : 'VCEK'
  for (const kind of [wanted, other] as const) {
    const found = named(`SEV-${kind}`)
    if (found.length > 0) return { found, kind }
  }
  return { found: [], kind: null }
}

function productOf(report: SnpReport, vek: ParsedCertificate | null): SnpProduct | null {
  if (report.version >= 3) return productOfCpuid(report.cpuid.family, report.cpuid.model)
  // Version 2 carries no CPUID: the product is what the certificate says, and the pinned root confirms it.
  const claimed = vek === null ? null : readProduct(vek)
  return snpProducts.find((product) => product === claimed) ?? null
}

/** null where there are too many, or one of them is not what it should be */
function readAll<T>(items: readonly Uint8Array[], limit: number, read: (der: Uint8Array) => T | null): readonly T[] | null {
  if (items.length > limit) return null
  const parsed: T[] = []
  for (const item of items) {
    const one = read(item)
    if (one === null) return null
    parsed.push(one)
  }
  return parsed
}
