import { keyServiceBinding, reportDataOf } from '@reinraum/attestation'
import { toBase64url } from '@reinraum/crypto'
import { Custody, type GetServiceEvidenceRequest } from '@reinraum/proto'
import { evidenceToMessage } from '@reinraum/rpc'
import type { Vault } from '../vault.ts'

/** Who this service is. In attested custody, evidence binds its keys and the caller's nonce. */
export async function getServiceEvidence(vault: Vault, { nonce }: GetServiceEvidenceRequest) {
  const { publicKeys, publicKeysJson } = vault.identity
  const answer = { keyServiceId: vault.id, publicKeys: publicKeysJson }
  if (vault.attester === null) return { ...answer, custody: Custody.OWNER }
  const reportData = reportDataOf(keyServiceBinding({ nonce: toBase64url(nonce), publicKeys }))
  const evidence = evidenceToMessage(await vault.attester.getEvidence(reportData))
  return { ...answer, custody: Custody.ATTESTED, evidence }
}
