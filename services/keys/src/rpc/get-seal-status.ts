import { keyServiceUnsealBinding, reportDataOf } from '@reinraum/attestation'
import { canonicalBytes, hpkeSuiteOf, toBase64url } from '@reinraum/crypto'
import { Custody, type GetSealStatusRequest } from '@reinraum/proto'
import { evidenceToMessage } from '@reinraum/rpc'
import type { KeyService } from '../seal/key-service.ts'

/** Whether the service is sealed, and the key to which contributions are sealed; in attested custody, evidence binds that key. */
export async function getSealStatus(service: KeyService, { nonce }: GetSealStatusRequest) {
  const { site, source, unsealKeys } = service
  const { publicKey } = unsealKeys
  const control = await service.control()
  const unsealKey = { suite: hpkeSuiteOf(publicKey), publicKey: toBase64url(publicKey) }
  const answer = {
    keyServiceId: site.id,
    sealed: service.isSealed(),
    rootKey: source.kind,
    ...(await source.progress()),
    unsealKey: canonicalBytes(unsealKey),
    control: canonicalBytes(control),
    restoresFrom: BigInt(service.restoresFrom?.getTime() ?? 0),
  }
  if (site.attester === null) return { ...answer, custody: Custody.OWNER }
  const binding = keyServiceUnsealBinding({ nonce: toBase64url(nonce), keyService: site.id, unsealKey, control })
  const evidence = evidenceToMessage(await site.attester.getEvidence(reportDataOf(binding)))
  return { ...answer, custody: Custody.ATTESTED, evidence }
}
