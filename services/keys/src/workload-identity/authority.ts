import { createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto'
import { canonicalBytes, digestId, openRecord, sealRecord, zeroise } from '@reinraum/crypto'
import { signWorkloadAuthority } from '@reinraum/pki'
import { maximumAuthorities } from '@reinraum/statements'
import type { KeysTransaction } from '../store.ts'
import type { Vault } from '../vault.ts'
import { createWrappingKey, useWrappingKey } from '../wrapping-key.ts'

const day = 86_400_000
/** How long an authority is trusted. */
export const authorityLifetimeMs = 30 * day
/** A successor is made, and trusted, when the newest authority has less than this left. */
export const successorMs = 10 * day
/** A trust bundle is fetched again within this time; an authority that is younger issues only when there is no other. */
export const bundleLifetimeMs = day
/** As certificates of the local authority: a clock that runs a little behind must not refuse what is fresh. */
export const clockSkewMs = 300_000
const trustDomain = 'reinraum'

/** One certificate authority of this key service. Its private key is in the store only, under L0. */
export interface WorkloadAuthority {
  /** SHA-256 of the certificate */
  readonly id: string
  /** DER */
  readonly der: Uint8Array
  readonly certificate: X509Certificate
  readonly madeAt: number
  readonly notAfter: number
}

/**
 * The authorities that are valid now, oldest first. The first is made at first need, and a successor in time. A certificate
 * counts only when the key beside it is wrapped under L0 for exactly this certificate: the store lies on a disk that others
 * may write, and whoever could add a certificate here could make services trust an authority of its own.
 * @throws ReinraumError `key-mismatch`, `decryption-failed` when a row is not as this service wrote it
 */
export async function trustedAuthorities(vault: Vault, trx: KeysTransaction, now: Date): Promise<readonly WorkloadAuthority[]> {
  const time = now.getTime()
  const rows = await trx.selectFrom('workload_authorities').selectAll().execute()
  for (const { wrapped_key, certificate } of rows) {
    await useWrappingKey(vault.root, wrapped_key, placeOf(vault, certificate), () => undefined)
  }
  const known = rows.map(({ certificate }) => readAuthority(certificate)).sort((a, b) => a.madeAt - b.madeAt)
  const valid = known.filter(({ madeAt, notAfter }) => madeAt - clockSkewMs <= time && time < notAfter)
  const newest = valid.at(-1)
  if (newest === undefined || newest.notAfter - time < successorMs) valid.push(await makeAuthority(vault, trx, now))
  return valid.slice(-maximumAuthorities)
}

/** The authority that issues: the newest that everybody who asks for the bundle in time has heard of; else the oldest. */
export function issuingAuthority(
  trusted: readonly WorkloadAuthority[],
  now: Date,
  identityLifetimeMs: number,
): WorkloadAuthority | undefined {
  const time = now.getTime()
  const lasting = trusted.filter(({ notAfter }) => notAfter - time >= identityLifetimeMs)
  return lasting.findLast(({ madeAt }) => madeAt + bundleLifetimeMs <= time) ?? lasting[0] ?? trusted.at(-1)
}

/** Opens an authority's private key for the time of one use. */
export async function withAuthorityKey<T>(
  vault: Vault,
  trx: KeysTransaction,
  authority: Pick<WorkloadAuthority, 'id' | 'der'>,
  use: (key: KeyObject) => T,
): Promise<T> {
  const row = await trx.selectFrom('workload_authorities').selectAll().where('id', '=', authority.id).executeTakeFirstOrThrow()
  const place = placeOf(vault, authority.der)
  const pkcs8 = await useWrappingKey(vault.root, row.wrapped_key, place, (key) =>
    openRecord(key, row.sealed, canonicalBytes(place)),
  )
  try {
    return use(createPrivateKey({ key: Buffer.from(pkcs8.buffer, pkcs8.byteOffset, pkcs8.length), format: 'der', type: 'pkcs8' }))
  } finally {
    zeroise(pkcs8)
  }
}

async function makeAuthority(vault: Vault, trx: KeysTransaction, now: Date): Promise<WorkloadAuthority> {
  const time = now.getTime()
  const { privateKey } = generateKeyPairSync('ed25519')
  const validity = { notBefore: new Date(time - clockSkewMs), notAfter: new Date(time + authorityLifetimeMs) }
  const certificate = signWorkloadAuthority({ name: `Reinraum key service ${vault.id}`, trustDomain, privateKey, validity })
  const authority = readAuthority(certificate)
  const place = placeOf(vault, certificate)
  const wrapped_key = await createWrappingKey(vault.root, place)
  const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' })
  try {
    const sealed = await useWrappingKey(vault.root, wrapped_key, place, (key) => sealRecord(key, pkcs8, canonicalBytes(place)))
    const row = { id: authority.id, certificate, wrapped_key, sealed, not_after: authority.notAfter }
    await trx.insertInto('workload_authorities').values(row).execute()
  } finally {
    zeroise(pkcs8)
  }
  // Ended ones vouch for nothing any more; a day is left for a clock that was ahead.
  await trx
    .deleteFrom('workload_authorities')
    .where('not_after', '<', time - day)
    .execute()
  vault.log.info({ authority: authority.id, notAfter: new Date(authority.notAfter).toISOString() }, 'workload authority made')
  return authority
}

function readAuthority(der: Uint8Array): WorkloadAuthority {
  const certificate = new X509Certificate(der)
  const madeAt = Date.parse(certificate.validFrom) + clockSkewMs
  return { id: digestId(der), der, certificate, madeAt, notAfter: Date.parse(certificate.validTo) }
}

function placeOf(vault: Vault, certificate: Uint8Array) {
  return { v: 'reinraum/workload-authority-at-rest/v1', keyService: vault.id, certificate: digestId(certificate) }
}
