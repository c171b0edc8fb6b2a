import { keyServiceBinding, reportDataOf } from '@reinraum/attestation'
import { canonicalBytes, toBase64url } from '@reinraum/crypto'
import { Custody, type GetServiceEvidenceRequest } from '@reinraum/proto'
import { evidenceToMessage } from '@reinraum/rpc'
import type { KeyService } from '../seal/key-service.ts'
import type { Vault } from '../vault.ts'

/** Who this service is, and who has power over it. In attested custody, evidence binds both, and the caller's nonce. */
export async function getServiceEvidence(service: KeyService, vault: Vault, { nonce }: GetServiceEvidenceRequest) {
  const { publicKeys, publicKeysJson } = vault.identity
  const control = await service.control()
  const answer = { keyServiceId: vault.id, publicKeys: publicKeysJson, control: canonicalBytes(control) }
  if (vault.attester === null) return { ...answer, custody: Custody.OWNER }
  const reportData = reportDataOf(keyServiceBinding({ nonce: toBase64url(nonce), publicKeys, control }))
  const evidence = evidenceToMessage(await vault.attester.getEvidence(reportData))
  return { ...answer, custody: Custody.ATTESTED, evidence }
}
