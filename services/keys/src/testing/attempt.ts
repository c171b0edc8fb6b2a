import type { MessageInitShape } from '@bufbuild/protobuf'
import { type Attester, keyHoldBinding, keyReleaseBinding, reportDataOf, simulatedAttester } from '@reinraum/attestation'
import {
  canonicalBytes,
  generateHpkeKeyPair,
  type HpkeSuite,
  hpkeOpen,
  parseStrictJson,
  randomBytes,
  sealedObjectSchema,
  toBase64url,
  utf8,
} from '@reinraum/crypto'
import type { HoldBudgetResponse, ReleaseKeysRequestSchema, ReleaseKeysResponse } from '@reinraum/proto'
import { evidenceToMessage } from '@reinraum/rpc'
import {
  type Approval,
  createSigner,
  parseStatement,
  type Query,
  type Rejection,
  type Run,
  type RunBundleBytes,
} from '@reinraum/statements'
import type { Purpose } from '../release/check.ts'
import { type Agreement, type Dataset, executorMeasurement, signAs } from './agreement.ts'
import type { PartyName, RunningKeyService } from './room.ts'

type Imported = Agreement & { readonly datasets: readonly Dataset[] }

const hour = 3600_000

/** What one run says otherwise than the honest one does. Documents are changed before they are signed. */
export interface BundleChanges {
  readonly query?: (query: Query) => Query
  readonly approval?: (approval: Approval) => Approval | undefined
  readonly run?: (run: Run) => Run
  readonly decisions?: (made: {
    readonly query: string
    readonly approvals: readonly Approval[]
  }) => readonly (Approval | Rejection)[]
  /** after everything was signed */
  readonly bundle?: (bundle: RunBundleBytes) => RunBundleBytes | Promise<RunBundleBytes>
}

export interface Bundle extends RunBundleBytes {
  readonly runId: string
  readonly queryId: string
  /** approval ids by member */
  readonly approvals: Readonly<Record<string, string>>
}

/** A query over every slot of the contract, its approvals, and a run of it. */
export async function bundleOf(agreement: Imported, changes: BundleChanges = {}): Promise<Bundle> {
  const { room, datasets } = agreement
  const now = room.clock.now()
  const validity = {
    notBefore: new Date(now.getTime() - hour).toISOString(),
    notAfter: new Date(now.getTime() + 6 * hour).toISOString(),
  }
  const same = <T>(document: T): T => document
  const query = (changes.query ?? same)({
    kind: 'reinraum/query/v1',
    contract: agreement.id,
    by: 'analyst',
    title: 'Strikes',
    purpose: toBase64url(randomBytes(8)),
    sql: 'SELECT operator, count(*) FROM strikes JOIN flights USING (operator) GROUP BY operator',
    parameters: [{ name: 'year', type: 'BIGINT', domain: { minimum: 1990, maximum: 2020 } }],
    slots: datasets.map(({ slot }) => slot).sort(),
    ...(agreement.document.slots.some(({ rule }) => rule.differentialPrivacy !== undefined)
      ? { privacy: { epsilon: 0.25, delta: 0 } }
      : {}),
    createdAt: now.toISOString(),
  })
  const queryStatement = await signAs(room, 'analyst', query)
  const queryId = parseStatement(queryStatement).id
  const given = agreement.document.slots
    .filter(({ rule }) => !rule.modes.includes('aggregation'))
    .flatMap(({ id, rule }) => rule.approvals.by.map((by) => ({ slot: id, by })))
    .map(({ slot, by }): Approval | undefined => {
      const manifests = datasets.filter((dataset) => dataset.slot === slot).map(({ manifestId }) => manifestId)
      const approval: Approval = {
        kind: 'reinraum/approval/v1',
        contract: agreement.id,
        query: queryId,
        by,
        validity,
        maximumRuns: 5,
        versions: { [slot]: manifests },
        createdAt: now.toISOString(),
      }
      return (changes.approval ?? same<Approval | undefined>)(approval)
    })
    .filter((approval) => approval !== undefined)
  const decisions = [...given, ...(changes.decisions?.({ query: queryId, approvals: given }) ?? [])]
  const run = (changes.run ?? same)({
    kind: 'reinraum/run/v1',
    contract: agreement.id,
    query: queryId,
    by: 'analyst',
    parameters: { year: 2001 },
    versions: Object.fromEntries(datasets.map(({ slot, manifestId }) => [slot, manifestId])),
    recipients: ['analyst'],
    validity,
    nonce: toBase64url(randomBytes(32)),
  })
  const runStatement = await signAs(room, 'analyst', run)
  const signed = await Promise.all(decisions.map((decision) => signAs(room, decision.by as PartyName, decision)))
  const named = Object.values(run.versions)
  const bundle = await (changes.bundle ?? same)({
    contract: agreement.statement,
    query: queryStatement,
    run: runStatement,
    decisions: signed,
    manifests: datasets.filter(({ manifestId }) => named.includes(manifestId)).map(({ manifest }) => manifest),
    revocations: [],
  })
  return {
    ...bundle,
    runId: parseStatement(bundle.run).id,
    queryId,
    approvals: Object.fromEntries(given.map((approval, i) => [approval.by, parseStatement(signed[i] as Uint8Array).id])),
  }
}

/** Of a release or of a hold: they say the same. */
export type ReleaseRequest = Omit<MessageInitShape<typeof ReleaseKeysRequestSchema>, '$typeName' | '$unknown'>
type BindingFields = Parameters<typeof keyReleaseBinding>[0]

/** How an executor asks otherwise than an honest one does. */
export interface RequestChanges {
  readonly attester?: Attester
  /** what the evidence is made for, a release unless told */
  readonly purpose?: Purpose
  /** what the evidence binds, instead of what the request says */
  readonly binding?: (fields: BindingFields) => BindingFields
  /** the nonces sent and bound */
  readonly nonces?: (own: string) => Readonly<Record<string, string>>
  readonly nonce?: Uint8Array
  /** of the KEM key; the default one unless told */
  readonly suite?: HpkeSuite
  /** after everything was made */
  readonly request?: (request: ReleaseRequest) => ReleaseRequest
}

export interface Attempt {
  readonly request: ReleaseRequest
  readonly reportData: Uint8Array
  readonly kem: { readonly publicKey: Uint8Array; readonly privateKey: Uint8Array }
}

/** The request of an executor for one run: a fresh nonce, fresh keys, fresh evidence. */
export async function requestOf(
  agreement: Agreement,
  service: RunningKeyService,
  bundle: Bundle,
  changes: RequestChanges = {},
): Promise<Attempt> {
  const { room } = agreement
  const nonce = changes.nonce ?? (await service.from('executor').issueNonce({ runId: bundle.runId })).nonce
  const kem = await generateHpkeKeyPair(changes.suite)
  const signer = await createSigner()
  const nonces = changes.nonces?.(toBase64url(nonce)) ?? { [service.id]: toBase64url(nonce) }
  const { document: run } = parseStatement(bundle.run) as { document: Run }
  const fields: BindingFields = {
    nonces,
    kem: toBase64url(kem.publicKey),
    sig: signer.keys,
    contract: run.contract,
    query: run.query,
    run: bundle.runId,
  }
  const bindingOf = changes.purpose === 'hold' ? keyHoldBinding : keyReleaseBinding
  const reportData = reportDataOf(bindingOf((changes.binding ?? ((same) => same))(fields)))
  const attester = changes.attester ?? simulatedAttester(room.platform, { measurement: executorMeasurement })
  const { contract, query, run: runStatement, decisions, manifests, revocations } = bundle
  const request: ReleaseRequest = {
    bundle: {
      contract,
      query,
      run: runStatement,
      decisions: [...decisions],
      manifests: [...manifests],
      revocations: [...revocations],
    },
    evidence: evidenceToMessage(await attester.getEvidence(reportData)),
    nonces: Object.entries(nonces).map(([keyServiceId, value]) => ({ keyServiceId, nonce: Buffer.from(value, 'base64url') })),
    kemPublicKey: kem.publicKey,
    signingKeys: canonicalBytes(signer.keys),
  }
  return { request: changes.request?.(request) ?? request, reportData, kem }
}

/** Asks as an executor and gives the reason of the denial, or `released`. */
export async function outcomeOf(
  agreement: Agreement,
  service: RunningKeyService,
  bundle: Bundle,
  changes?: RequestChanges,
): Promise<string> {
  const { request } = await requestOf(agreement, service, bundle, changes)
  return outcomeName(await service.from('executor').releaseKeys(request))
}

/**
 * Has what the run would take held, as an executor does, and gives the reason of the denial, or `held` and the
 * nonce for the release.
 */
export async function hold(agreement: Agreement, service: RunningKeyService, bundle: Bundle, changes?: RequestChanges) {
  const { request } = await requestOf(agreement, service, bundle, { purpose: 'hold', ...changes })
  const answer = await service.from('executor').holdBudget(request)
  return {
    outcome: outcomeName(answer),
    nonce: answer.outcome.case === 'held' ? answer.outcome.value.nonce : new Uint8Array(),
  }
}

export function outcomeName({ outcome }: ReleaseKeysResponse | HoldBudgetResponse): string {
  return outcome.case === 'denied' ? outcome.value.reasonCode : (outcome.case ?? 'nothing')
}

/** Opens one released key as the executor that asked for it. */
export async function openReleased(
  attempt: Attempt,
  key: { readonly manifestId: string; readonly sealedKey: Uint8Array },
): Promise<Uint8Array> {
  const sealed = sealedObjectSchema.parse(parseStrictJson(key.sealedKey))
  const binding = { info: attempt.reportData, aad: utf8(key.manifestId) }
  return hpkeOpen(attempt.kem.privateKey, attempt.kem.publicKey, sealed, binding)
}
