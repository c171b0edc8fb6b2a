import { toBase64url } from '@reinraum/crypto'
import { signStatement } from '@reinraum/statements'
import type { Vault } from '../vault.ts'
import { bundleLifetimeMs, trustedAuthorities } from '../workload-identity/authority.ts'

/** Signed, because the certificates that the channel stands on are the operator's. */
export async function getTrustBundle(vault: Vault) {
  const now = vault.now()
  const trusted = await vault.store.transaction((trx) => trustedAuthorities(vault, trx, now))
  const trustBundle = await signStatement(
    {
      kind: 'reinraum/trust-bundle/v1',
      keyService: vault.id,
      authorities: trusted.map(({ der }) => toBase64url(der)),
      issuedAt: now.toISOString(),
      refreshBy: new Date(now.getTime() + bundleLifetimeMs).toISOString(),
    },
    vault.identity.signer,
  )
  return { trustBundle }
}
