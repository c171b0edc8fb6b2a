import { evidenceId } from '@reinraum/attestation'
import { canonicalBytes, digestId, parseStrictJson, toBase64url, utf8 } from '@reinraum/crypto'
import { guardVersion } from '@reinraum/policy'
import {
  type NamedNoise,
  type Receipt,
  type RunBundleBytes,
  resultFileFormat,
  signStatement,
  type VerifiedRun,
  writeReceiptEvidence,
} from '@reinraum/statements'
import type { Executor } from '../executor.ts'
import type { Gate } from './gate.ts'
import type { RunKeys } from './keys.ts'
import type { ObtainedKeys } from './obtain-keys.ts'
import type { SealedResult } from './seal-result.ts'

export interface ReceiptInput {
  readonly run: VerifiedRun
  readonly keys: RunKeys
  readonly obtained: ObtainedKeys
  readonly rewrittenSql: string
  readonly noise: NamedNoise | null
  readonly sealed: SealedResult
  readonly gate: Gate
  readonly finishedAt: Date
}

/** Signs what happened with the key that the evidence binds. */
export async function signReceipt(executor: Pick<Executor, 'engine'>, input: ReceiptInput): Promise<Uint8Array> {
  const { run, keys, obtained, gate, sealed } = input
  const document: Receipt = {
    kind: 'reinraum/receipt/v1',
    contract: run.contract.id,
    query: run.query.id,
    run: run.run.id,
    manifests: [...run.manifests].map(([slot, manifest]) => ({ slot, manifest: manifest.id })),
    rewrittenSql: digestId(utf8(input.rewrittenSql)),
    guard: guardVersion,
    engine: executor.engine,
    ...(input.noise === null ? {} : { noise: input.noise }),
    result: { object: sealed.object, length: sealed.length, format: resultFileFormat },
    gate: { recipients: [...gate.recipients], reviewers: [...gate.reviewers], layers: [...gate.layers] },
    releases: obtained.releases.map((release) => release.id),
    binding: { nonces: { ...obtained.nonces }, kem: toBase64url(keys.kem.publicKey), sig: keys.signer.keys },
    evidence: evidenceId(obtained.evidence.evidence),
    finishedAt: input.finishedAt.toISOString(),
  }
  return signStatement(document, keys.signer)
}

/** Everything that anyone needs to check the receipt offline. */
export function receiptBundle(bundle: RunBundleBytes, obtained: ObtainedKeys, receipt: Uint8Array): Uint8Array {
  return canonicalBytes({
    kind: 'reinraum/receipt-bundle/v1',
    contract: parseStrictJson(bundle.contract),
    query: parseStrictJson(bundle.query),
    run: parseStrictJson(bundle.run),
    decisions: bundle.decisions.map((bytes) => parseStrictJson(bytes)),
    manifests: bundle.manifests.map((bytes) => parseStrictJson(bytes)),
    releases: obtained.releases.map((release) => parseStrictJson(release.bytes)),
    evidence: writeReceiptEvidence(obtained.evidence),
    receipt: parseStrictJson(receipt),
  })
}
