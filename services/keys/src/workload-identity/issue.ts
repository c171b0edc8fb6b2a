import { evidenceId, reportDataOf, workloadIdentityBinding } from '@reinraum/attestation'
import { ReinraumError } from '@reinraum/crypto'
import type { PresentedEvidence } from '@reinraum/rpc'
import { assertContractInForce, type SigningKeys, type VerifiedContract } from '@reinraum/statements'
import { rememberTime } from '../clock.ts'
import { requireNamesThisService, verifiedContract } from '../contracts.ts'
import { raiseStoredFloors, readFloors } from '../freshness-floors.ts'
import { consumeNonce, identityPurpose } from '../nonces.ts'
import { minuteMs, requireBelow } from '../quotas.ts'
import { isRefusal } from '../refusal.ts'
import { appraiseEvidence, requireAcceptable } from '../release/appraise-evidence.ts'
import { knownRevocations } from '../revocations.ts'
import { requireNotLocked } from '../rollback/locks.ts'
import type { KeysTransaction } from '../store.ts'
import type { Vault } from '../vault.ts'
import { issuingAuthority, trustedAuthorities, withAuthorityKey } from './authority.ts'
import { issueCertificate, type WorkloadCertificate } from './certificate.ts'

/** What a request says, in shape only. */
export interface IdentityClaim {
  /** the service that the caller's own certificate names */
  readonly caller: string
  readonly contractId: string
  /** base64url */
  readonly nonce: string
  readonly presented: PresentedEvidence
  readonly signingKeys: SigningKeys
}

/**
 * Issues an identity, or refuses it: every check or nothing, in one serialised transaction, and no certificate leaves before
 * its entry in the store is durable. A refusal leaves nothing behind but a used nonce.
 * @throws ReinraumError `nonce-unknown`, `nonce-used`, `nonce-expired`, `key-unknown` (the contract), `key-mismatch`, `expired`,
 *   `not-yet-valid`, `revoked`, `rollback-detected`, `resource-exhausted`, `clock-unsound`, `malformed-evidence`,
 *   `report-data-mismatch`, `evidence-contraindicated`
 */
export async function issueIdentity(vault: Vault, claim: IdentityClaim): Promise<WorkloadCertificate> {
  const outcome = await vault.store.transaction(async (trx) => {
    const now = vault.now()
    await rememberTime(trx, now)
    return decide(vault, trx, claim, now).catch((error: unknown) => {
      if (!isRefusal(error)) throw error
      return { refusal: error }
    })
  })
  if (!('refusal' in outcome)) return outcome
  const { contractId, caller } = claim
  vault.log.warn({ contractId, caller, reason: outcome.refusal.code }, 'identity refused')
  throw outcome.refusal
}

async function decide(vault: Vault, trx: KeysTransaction, claim: IdentityClaim, now: Date): Promise<WorkloadCertificate> {
  // The nonce is one of ours, for an identity under this contract, unused, fresh; it is used up whatever follows.
  await consumeNonce(trx, claim.nonce, identityPurpose(claim.contractId), now)
  vault.clock.requireSound()

  const contract = await verifiedContract(trx, claim.contractId)
  requireNamesThisService(vault, contract.document)
  assertContractInForce(contract, now)
  await requireNotLocked(trx, contract.id)
  await requireNotRevoked(trx, contract)
  await requireQuota(vault, trx, contract.id, now)

  // As for a release: appraised here, under the contract's reference values, against our own report_data.
  const reportData = reportDataOf(bindingOf(vault, claim))
  const floors = await readFloors(trx, contract.id)
  const appraisal = await appraiseEvidence(claim.presented, contract.document, { reportData, floors }, now)
  requireAcceptable(appraisal)

  const issued = await sign(vault, trx, claim, contract, now)
  const entry = {
    serial: issued.serial,
    contract_id: contract.id,
    caller: claim.caller,
    key: claim.signingKeys.ed25519.x,
    evidence: evidenceId(claim.presented.evidence),
    hardware: appraisal.hardware ? 1 : 0,
    authority: issued.authority,
    issued_at: now.getTime(),
    not_after: issued.notAfter,
  }
  await trx.insertInto('workload_identities').values(entry).execute()
  await raiseStoredFloors(trx, contract.id, appraisal.observed)
  vault.log.info(entry, 'identity issued')
  return issued
}

async function sign(vault: Vault, trx: KeysTransaction, claim: IdentityClaim, contract: VerifiedContract, now: Date) {
  const authority = issuingAuthority(await trustedAuthorities(vault, trx, now), now, vault.identityLifetimeMs)
  if (authority === undefined) throw new ReinraumError('internal', 'there is no authority to issue with')
  const limit = Math.min(now.getTime() + vault.identityLifetimeMs, Date.parse(contract.document.validity.notAfter))
  const { ed25519 } = claim.signingKeys
  const issued = await withAuthorityKey(vault, trx, authority, (key) => issueCertificate(authority, key, ed25519, { now, limit }))
  return { ...issued, authority: authority.id }
}

function bindingOf(vault: Vault, { nonce, contractId, signingKeys }: IdentityClaim) {
  return workloadIdentityBinding({ nonce, keyService: vault.id, contract: contractId, sig: signingKeys })
}

async function requireNotRevoked(trx: KeysTransaction, contract: VerifiedContract): Promise<void> {
  const revocations = await knownRevocations(trx, contract.id, new Map())
  if (revocations.some(({ document }) => document.target.type === 'contract')) {
    throw new ReinraumError('revoked', 'the contract was revoked')
  }
}

async function requireQuota(vault: Vault, trx: KeysTransaction, contractId: string, now: Date): Promise<void> {
  const { count } = await trx
    .selectFrom('workload_identities')
    .select(trx.fn.countAll<number>().as('count'))
    .where('contract_id', '=', contractId)
    .where('issued_at', '>', now.getTime() - minuteMs)
    .where('issued_at', '<=', now.getTime())
    .executeTakeFirstOrThrow()
  requireBelow(count, vault.quotas.identitiesPerMinute, 'identities in a minute')
}
