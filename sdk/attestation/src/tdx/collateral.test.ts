import { describe, expect, it } from 'vitest'
import { collateral2026, encodeCollateral } from '../testing/tdx-collateral.ts'
import { hasVectors } from '../testing/vectors.ts'
import { maxCollateralLength, parseCollateral, tdxCollateralSchema } from './collateral.ts'
import { parseQeIdentity } from './qe-identity.ts'
import { parseTcbInfo } from './tcb-info.ts'

type Json = { [name: string]: Json } | Json[] | string | number | boolean | null
const encode = (value: unknown) => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))

const fields = Object.keys(tdxCollateralSchema.shape)
const nothing = tdxCollateralSchema.parse(
  Object.fromEntries(fields.map((name) => [name, name.endsWith('_signature') ? '00'.repeat(64) : '{}'])),
)

describe.skipIf(!hasVectors)('the collateral of one platform', () => {
  // The cases below are made from what was recorded, also where they are skipped: there they are made from nothing.
  const published = hasVectors ? collateral2026() : nothing

  it('is read whole, and a field more does no harm', () => {
    const read = parseCollateral(encodeCollateral(published))
    expect([read?.pckCrlIssuerChain?.length, read?.tcbInfoIssuerChain?.length, read?.qeIdentityIssuerChain?.length]).toEqual([
      2, 2, 2,
    ])
    expect(read).toMatchObject({ rootCrl: { number: 1n }, pckCrl: { number: 1n } })
    expect(read).toMatchObject({ tcbInfo: { value: { fmspc: '90c06f000000' } }, qeIdentity: { value: { isvprodid: 2 } } })
    expect(parseCollateral(encode({ ...published, pck_certificate_chain: '' }))).not.toBeNull()
  })

  it.each(Object.keys(published))('without %s it is none', (name) => {
    const { [name]: _, ...rest } = published as Record<string, string>
    expect(parseCollateral(encode(rest))).toBeNull()
    expect(parseCollateral(encode({ ...published, [name]: 1 }))).toBeNull()
  })

  it.each([
    ['is not JSON', 'not JSON'],
    ['is a list', []],
    ['names a field twice', `{"tcb_info":"",${JSON.stringify(published).slice(1)}`],
    ['has a signature that is too short', { ...published, tcb_info_signature: '00'.repeat(63) }],
    ['has a signature in upper case', { ...published, tcb_info_signature: published.tcb_info_signature.toUpperCase() }],
  ])('that %s is none', (_, value) => {
    expect(parseCollateral(encode(value))).toBeNull()
  })

  it('may be 128 KiB long and no byte longer', () => {
    const bare = encode({ ...published, more: '' }).length
    const long = (length: number) => encode({ ...published, more: 'x'.repeat(length - bare) })
    expect(long(maxCollateralLength)).toHaveLength(128 * 1024)
    expect(parseCollateral(long(maxCollateralLength))).not.toBeNull()
    expect(parseCollateral(long(maxCollateralLength + 1))).toBeNull()
  })

  it.each([
    ['is no list', '00'],
    ['has a byte more', `${published.pck_crl}00`],
    ['is hex in upper case', published.pck_crl.toUpperCase()],
    ['is longer than any list', 'ab'.repeat(33 * 1024)],
    ['is two lists', '-----BEGIN X509 CRL-----\nAAEC\n-----END X509 CRL-----\n'.repeat(2)],
    ['is PEM longer than any list', `${pemOf(published.pck_crl)}${'\n'.repeat(48 * 1024)}`],
  ])('a revocation list that %s is malformed, and the rest is still read', (_, pck_crl) => {
    expect(parseCollateral(encodeCollateral({ ...published, pck_crl }))).toMatchObject({
      pckCrl: 'malformed',
      rootCrl: { number: 1n },
    })
  })

  it('a revocation list that is empty is missing', () => {
    expect(parseCollateral(encodeCollateral({ ...published, root_ca_crl: '' }))).toMatchObject({ rootCrl: 'missing' })
  })

  it('a chain that cannot be read is none, and the same certificate twice is one', () => {
    const twice = `${published.tcb_info_issuer_chain}${published.tcb_info_issuer_chain}`
    const read = (chain: string) => parseCollateral(encodeCollateral({ ...published, tcb_info_issuer_chain: chain }))
    expect(read(twice)?.tcbInfoIssuerChain).toHaveLength(2)
    expect(read('')?.tcbInfoIssuerChain).toEqual([])
    expect(read(twice.repeat(3))).toMatchObject({ tcbInfoIssuerChain: null })
    expect(read(twice + '\n'.repeat(8 * 1024))).toMatchObject({ tcbInfoIssuerChain: null })
    expect(read('-----BEGIN CERTIFICATE-----\nAAEC\n-----END CERTIFICATE-----\n')).toMatchObject({ tcbInfoIssuerChain: null })
  })

  const documents = [
    { of: 'TCB info', text: published.tcb_info, parse: parseTcbInfo },
    { of: 'the identity of a quoting enclave', text: published.qe_identity, parse: parseQeIdentity },
  ]
  it.each(documents)('$of needs every field that is read, each of its kind, and allows others', ({ text, parse }) => {
    expect(parse(encode(text))).not.toBeNull()
    expect(parse(encode({ ...JSON.parse(text), added: true }))).not.toBeNull()
    for (const path of pathsOf(JSON.parse(text))) {
      const optional = ['advisoryIDs', 'category', 'type', 'tdxModuleIdentities'].includes(String(path.at(-1)))
      if (!optional) expect([path, parse(encode(changed(JSON.parse(text), path, undefined)))]).toEqual([path, null])
      const ignored = ['category', 'type'].includes(String(path.at(-1)))
      if (!ignored) expect([path, parse(encode(changed(JSON.parse(text), path, { not: 'this' })))]).toEqual([path, null])
    }
  })

  it.each(documents)('$of is refused where a name stands in it twice', ({ text, parse }) => {
    expect(parse(encode(text.replace('{"id"', '{"version":3,"id"')))).toBeNull()
  })

  it('two identities of one module version are refused', () => {
    const tcbInfo = JSON.parse(published.tcb_info)
    const [first] = tcbInfo.tdxModuleIdentities
    tcbInfo.tdxModuleIdentities.push({ ...first, id: first.id.toLowerCase() })
    expect(parseTcbInfo(encode(tcbInfo))).toBeNull()
  })
})

function pemOf(hex: string): string {
  return `-----BEGIN X509 CRL-----\n${Buffer.from(hex, 'hex').toString('base64')}\n-----END X509 CRL-----\n`
}

/** Every member of every object, of lists the first element only. */
function pathsOf(value: Json, at: readonly (string | number)[] = []): readonly (readonly (string | number)[])[] {
  if (Array.isArray(value)) return value.length === 0 ? [] : pathsOf(value[0] ?? null, [...at, 0])
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => [[...at, name], ...pathsOf(inner, [...at, name])])
}

function changed(value: Json, path: readonly (string | number)[], to: Json | undefined): Json {
  const [first, ...rest] = path
  if (first === undefined || typeof value !== 'object' || value === null) return value
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as { [name: string]: Json }
  if (rest.length > 0) copy[first] = changed(copy[first] ?? null, rest, to)
  else if (to === undefined) delete copy[first]
  else copy[first] = to
  return copy
}
