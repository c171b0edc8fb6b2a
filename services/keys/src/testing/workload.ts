import { createPrivateKey, X509Certificate } from 'node:crypto'
import { type Attester, reportDataOf, simulatedAttester, workloadIdentityBinding } from '@reinraum/attestation'
import { canonicalBytes, toBase64url } from '@reinraum/crypto'
import { type IssueIdentityRequest, WorkloadIdentityService } from '@reinraum/proto'
import { type Client, evidenceToMessage, type TlsIdentity } from '@reinraum/rpc'
import { createIdentity, publicKeysOf, type SigningKeys, verifyContract, verifyTrustBundle } from '@reinraum/statements'
import { type Agreement, executorMeasurement } from './agreement.ts'
import type { RunningKeyService } from './room.ts'

/** The keys of an executor that wants an identity, and its Ed25519 key as TLS libraries take it. */
export interface Workload {
  readonly signing: SigningKeys
  /** PKCS #8, PEM */
  readonly key: Buffer
}

export async function createWorkload(): Promise<Workload> {
  const identity = await createIdentity()
  const key = createPrivateKey({ key: identity.signing.ed25519, format: 'jwk' })
  return { signing: publicKeysOf(identity).signing, key: Buffer.from(key.export({ type: 'pkcs8', format: 'pem' })) }
}

type BindingFields = Parameters<typeof workloadIdentityBinding>[0]

/** How an executor asks otherwise than an honest one does. */
export interface IdentityChanges {
  readonly attester?: Attester
  readonly nonce?: Uint8Array
  /** what the evidence binds, instead of what the request says */
  readonly binding?: (fields: BindingFields) => BindingFields
  /** after everything was made */
  readonly request?: (request: IdentityRequest) => IdentityRequest
}
export type IdentityRequest = Omit<IssueIdentityRequest, '$typeName' | '$unknown' | 'evidence'> & {
  readonly evidence: ReturnType<typeof evidenceToMessage>
}

/** One client of the service that issues identities, with the operator's certificate for an executor. */
export function identitiesOf(service: RunningKeyService, as = 'executor'): Client<typeof WorkloadIdentityService> {
  return service.fromOf(WorkloadIdentityService, as)
}

/** A request for an identity: a fresh nonce, and fresh evidence that binds it with the workload's keys. */
export async function identityRequest(
  agreement: Agreement,
  service: RunningKeyService,
  workload: Workload,
  changes: IdentityChanges = {},
): Promise<IdentityRequest> {
  const { room, id: contractId } = agreement
  const nonce = changes.nonce ?? (await identitiesOf(service).issueIdentityNonce({ contractId })).nonce
  const fields: BindingFields = {
    nonce: toBase64url(nonce),
    keyService: service.id,
    contract: contractId,
    sig: workload.signing,
  }
  const reportData = reportDataOf(workloadIdentityBinding((changes.binding ?? ((same) => same))(fields)))
  const attester = changes.attester ?? simulatedAttester(room.platform, { measurement: executorMeasurement })
  const evidence = evidenceToMessage(await attester.getEvidence(reportData))
  const request = { contractId, nonce, evidence, signingKeys: canonicalBytes(workload.signing) }
  return changes.request?.(request) ?? request
}

/** An identity as an honest executor gets it. */
export async function obtainIdentity(agreement: Agreement, service: RunningKeyService, workload?: Workload) {
  const holder = workload ?? (await createWorkload())
  const { certificate, expiresAt } = await identitiesOf(service).issueIdentity(await identityRequest(agreement, service, holder))
  return { holder, certificate: new X509Certificate(certificate), expiresAt: Number(expiresAt) }
}

/** The certificates of a key service's trust bundle, after its signatures were verified under the contract. */
export async function trustBundleOf(agreement: Agreement, service: RunningKeyService): Promise<readonly X509Certificate[]> {
  const { trustBundle } = await identitiesOf(service, 'ingestion').getTrustBundle({})
  const now = agreement.room.clock.now()
  const { document } = await verifyTrustBundle(trustBundle, await verifyContract(agreement.statement, { now }), now)
  return document.authorities.map((der) => new X509Certificate(Buffer.from(der, 'base64url')))
}

export function pemOf(...certificates: readonly X509Certificate[]): Buffer {
  return Buffer.from(certificates.map(String).join('\n'))
}

/** What TLS needs to speak as the workload. `chain` goes with its certificate. */
export function tlsOf(holder: Workload, ca: Buffer, ...chain: readonly X509Certificate[]): TlsIdentity {
  return { ca, cert: pemOf(...chain), key: holder.key }
}
