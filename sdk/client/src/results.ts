import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import {
  createSha256,
  digestId,
  fromBase64url,
  hpkeOpen,
  parseStrictJson,
  ReinraumError,
  type SealedObject,
  sealedObjectSchema,
  toHex,
  unsealStream,
  utf8,
  zeroise,
} from '@reinraum/crypto'
import { type GetResultResponse, ResultState } from '@reinraum/proto'
import { readResultFile, type VerifiedContract } from '@reinraum/statements'
import { z } from 'zod'
import { memberOf } from './contracts.ts'
import { fileError } from './file-error.ts'
import { writeNewFile } from './new-files.ts'
import { type ReceiptVerification, verifyReceiptBundle } from './receipts.ts'
import type { Session } from './session.ts'

const recipientsLayerSchema = z.strictObject({ recipients: z.record(z.string(), sealedObjectSchema) })
const reviewLayerSchema = z.strictObject({ reviewer: z.string(), sealed: sealedObjectSchema })

export interface PendingReview {
  readonly runId: string
  readonly queryId: string
  readonly depositedAt: Date
}

/** Results of a contract that wait for this party's review. */
export async function listReviews(session: Session, contract: VerifiedContract): Promise<readonly PendingReview[]> {
  const { reviews } = await session.release.listReviews({ contractId: contract.id })
  return reviews.map(({ runId, queryId, depositedAt }) => ({ runId, queryId, depositedAt: new Date(Number(depositedAt)) }))
}

export interface ReviewOutcome {
  readonly state: 'awaiting-review' | 'released' | 'rejected'
  /** member whose review is next; empty when none */
  readonly nextReviewer: string
}

/**
 * A reviewer lets a result pass: verifies its receipt, opens the layer of the sealed result keys that only this reviewer can
 * open, and hands on the layer beneath. Nothing readable passes through the reviewer's hands.
 * @throws ReinraumError `receipt-invalid`, `review-pending` when it is another reviewer's turn, `decryption-failed`
 */
export async function approveResult(session: Session, contract: VerifiedContract, runId: string): Promise<ReviewOutcome> {
  const result = await session.release.getResult({ runId })
  const verification = await verifiedReceipt(result, contract, runId)
  const layers = verification.receipt.document.gate.layers
  const parsed = reviewLayerSchema.safeParse(parseStrictJson(result.gateLayer))
  const self = memberOf(session, contract).id
  if (!parsed.success || parsed.data.reviewer !== self) throw new ReinraumError('review-pending', 'it is not your turn to review')
  const position = layers.indexOf(digestId(result.gateLayer))
  if (position < 0) throw new ReinraumError('receipt-invalid', 'the sealed result keys are not the ones that the receipt names')
  const openedLayer = await openSealed(session, parsed.data.sealed, 'reinraum/review/v1', runId)
  if (digestId(openedLayer) !== layers[position + 1])
    throw new ReinraumError('receipt-invalid', 'the layer beneath is not the one that the receipt names')
  const answer = await session.release.submitReview({ runId, decision: { case: 'openedLayer', value: openedLayer } })
  return { state: stateName(answer.state), nextReviewer: answer.nextReviewer }
}

/** A reviewer stops a result for good. */
export async function rejectResult(session: Session, runId: string, reason: string): Promise<ReviewOutcome> {
  const answer = await session.release.submitReview({ runId, decision: { case: 'rejection', value: { reason } } })
  return { state: stateName(answer.state), nextReviewer: answer.nextReviewer }
}

export interface OpenedResult {
  readonly file: string
  readonly rowCount: number
  readonly verification: ReceiptVerification
  /** JSON of the receipt bundle, to keep and to verify offline */
  readonly receiptBundle: Uint8Array
}

/**
 * A recipient fetches a released result, verifies its receipt, opens its own sealed result key and writes the Parquet file.
 * Nothing appears under `file` before all of it is authenticated, and nothing that was there is replaced.
 * @throws ReinraumError `already-exists`, `storage-full`, `review-pending`, `review-rejected`, `receipt-invalid`,
 * `recipient-not-allowed`, `decryption-failed`
 */
export async function openResult(
  session: Session,
  contract: VerifiedContract,
  runId: string,
  file: string,
): Promise<OpenedResult> {
  const result = await session.release.getResult({ runId })
  const verification = await verifiedReceipt(result, contract, runId)
  if (result.state === ResultState.AWAITING_REVIEW)
    throw new ReinraumError('review-pending', `the result waits for ${result.nextReviewer}`)
  if (result.state === ResultState.REJECTED) throw new ReinraumError('review-rejected', 'a reviewer rejected the result')
  const { gate } = verification.receipt.document
  const self = memberOf(session, contract).id
  if (!gate.recipients.includes(self)) throw new ReinraumError('recipient-not-allowed', 'this result is not sealed to you')
  if (digestId(result.gateLayer) !== gate.layers.at(-1)) {
    throw new ReinraumError('receipt-invalid', 'the sealed result keys are not the ones that the receipt names')
  }
  const layer = recipientsLayerSchema.safeParse(parseStrictJson(result.gateLayer))
  const sealed = layer.success ? layer.data.recipients[self] : undefined
  if (sealed === undefined) throw new ReinraumError('recipient-not-allowed', 'this result is not sealed to you')
  return writeResult(session, runId, file, result, verification, await openSealed(session, sealed, 'reinraum/result/v1', runId))
}

/** A reviewer with `inspect` reads the result before deciding. */
export async function inspectResult(
  session: Session,
  contract: VerifiedContract,
  runId: string,
  file: string,
): Promise<OpenedResult> {
  const result = await session.release.getResult({ runId })
  const verification = await verifiedReceipt(result, contract, runId)
  if (result.inspectionKey.length === 0)
    throw new ReinraumError('permission-denied', 'the contract gives you no inspection of results')
  const sealed = sealedObjectSchema.safeParse(parseStrictJson(result.inspectionKey))
  if (!sealed.success) throw new ReinraumError('receipt-invalid', 'the inspection key is malformed')
  return writeResult(
    session,
    runId,
    file,
    result,
    verification,
    await openSealed(session, sealed.data, 'reinraum/inspect/v1', runId),
  )
}

type ValidReceipt = ReceiptVerification & Required<Pick<ReceiptVerification, 'receipt' | 'run' | 'appraisal'>>

async function verifiedReceipt(result: GetResultResponse, contract: VerifiedContract, runId: string): Promise<ValidReceipt> {
  const verification = await verifyReceiptBundle(result.receiptBundle)
  const { receipt, run, appraisal } = verification
  if (!verification.valid || receipt === undefined || run === undefined || appraisal === undefined) {
    const failed = verification.checks.at(-1)
    throw new ReinraumError(
      'receipt-invalid',
      `the receipt fails its check of ${failed?.name ?? 'form'}: ${failed?.detail ?? ''}`,
    )
  }
  if (run.contract.id !== contract.id || run.run.id !== runId)
    throw new ReinraumError('receipt-invalid', 'the receipt belongs to another run')
  return { ...verification, receipt, run, appraisal }
}

async function openSealed(session: Session, sealed: SealedObject, info: string, runId: string): Promise<Uint8Array> {
  const { privateKey, publicKey } = session.identity.hpke
  const secret = fromBase64url(privateKey)
  try {
    return await hpkeOpen(secret, fromBase64url(publicKey), sealed, { info: utf8(info), aad: utf8(runId) })
  } finally {
    zeroise(secret)
  }
}

async function writeResult(
  session: Session,
  runId: string,
  file: string,
  result: GetResultResponse,
  verification: ValidReceipt,
  key: Uint8Array,
): Promise<OpenedResult> {
  const expected = verification.receipt.document.result
  const unwritable = (cause: unknown) => fileError(cause, file, `cannot write ${file}`)
  try {
    const { rowCount } = await writeNewFile(file, async (partial) => {
      const hash = createSha256()
      const ciphertext = hashed(session.release.readResult({ runId, offset: 0n }), hash)
      const out = await open(partial, 'wx', 0o600)
      try {
        const plaintext = unsealStream(ciphertext, { key, context: utf8(runId) })
        const content = await readResultFile(plaintext, (piece) => out.writeFile(piece))
        await out.sync()
        if (`sha256:${toHex(hash.digest())}` === expected.object) return content
      } catch (error) {
        throw unwritable(error)
      } finally {
        await out.close()
      }
      throw new ReinraumError('ciphertext-mismatch', 'the sealed result is not the one that the receipt names')
    })
    return { file: resolve(file), rowCount, verification, receiptBundle: result.receiptBundle }
  } finally {
    zeroise(key)
  }
}

async function* hashed(
  messages: AsyncIterable<{ readonly data: Uint8Array }>,
  hash: { update(bytes: Uint8Array): void },
): AsyncGenerator<Uint8Array> {
  for await (const { data } of messages) {
    hash.update(data)
    yield data
  }
}

function stateName(state: ResultState): ReviewOutcome['state'] {
  switch (state) {
    case ResultState.AWAITING_REVIEW:
      return 'awaiting-review'
    case ResultState.RELEASED:
      return 'released'
    case ResultState.REJECTED:
      return 'rejected'
    default:
      throw new ReinraumError('internal', 'the release service answered without a state')
  }
}
