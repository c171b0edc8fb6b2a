import { canonicalBytes, digestId, parseStrictJson, ReinraumError } from '@reinraum/crypto'
import type { DepositHeader } from '@reinraum/proto'
import {
  type JwsObject,
  type Query,
  type Receipt,
  type ReceiptBundle,
  type Run,
  receiptBundleSchema,
  type Verified,
  type VerifiedContract,
  verifyContract,
  verifyQuery,
  verifyReceipt,
  verifyRun,
} from '@reinraum/statements'
import { isSealedObject, sealedTo } from './gate-layer.ts'

export interface VerifiedDeposit {
  readonly contract: VerifiedContract
  readonly query: Verified<Query>
  readonly run: Verified<Run>
  readonly receipt: Verified<Receipt>
  /** ciphertext bytes */
  readonly length: number
  /** SHA-256 of the ciphertext */
  readonly object: string
  readonly gateLayer: Uint8Array
  readonly receiptBundle: Uint8Array
  /** member → its sealed copy of the result key */
  readonly inspectionKeys: ReadonlyMap<string, Uint8Array>
}

/**
 * Checks that what is deposited belongs together: this run, signed by an analyst under a contract in force, its receipt, and
 * the gate that the contract demands. Whether the receipt's keys lived in an accepted executor is not decided here: whoever
 * opens the result appraises the evidence, and nobody takes this service's word.
 * @throws ReinraumError `receipt-invalid`, `invalid-argument`, and the codes of the statements
 */
export async function verifyDeposit(
  header: DepositHeader,
  limits: { readonly resultBytes: number },
  now: Date,
): Promise<VerifiedDeposit> {
  const bundle = readBundle(header.receiptBundle)
  const contract = await verifyContract(bytesOf(bundle.contract), { now })
  const verifying = [
    verifyQuery(bytesOf(bundle.query), contract, now),
    verifyRun(bytesOf(bundle.run), contract, now),
    verifyReceipt(bytesOf(bundle.receipt), contract),
  ] as const
  // All at once; of several failures the first in this order is told, so that the same deposit gets the same answer.
  await Promise.allSettled(verifying)
  const [query, run, receipt] = await Promise.all(verifying)
  requireSameRun(header.runId, query, run, receipt)
  const { length, object } = receipt.document.result
  if (header.length !== BigInt(length)) refuse('the length is not the one that the receipt names')
  if (length > limits.resultBytes) throw new ReinraumError('resource-exhausted', 'the result is too large')
  requireGate(header.gateLayer, receipt.document)
  return {
    contract,
    query,
    run,
    receipt,
    length,
    object,
    gateLayer: header.gateLayer,
    receiptBundle: header.receiptBundle,
    inspectionKeys: inspectionKeysOf(header, contract),
  }
}

function readBundle(bytes: Uint8Array): ReceiptBundle {
  const bundle = receiptBundleSchema.safeParse(parseStrictJson(bytes, { maxBytes: 16 * 2 ** 20 }))
  if (!bundle.success) throw new ReinraumError('receipt-invalid', 'this is not a receipt bundle')
  return bundle.data
}

function bytesOf(jws: JwsObject): Uint8Array {
  return canonicalBytes(jws)
}

function requireSameRun(runId: string, query: Verified<Query>, run: Verified<Run>, receipt: Verified<Receipt>): void {
  if (run.id !== runId || receipt.document.run !== runId) refuse('the receipt belongs to another run')
  if (run.document.query !== query.id || receipt.document.query !== query.id) refuse('the receipt belongs to another query')
  const versions = Object.entries(run.document.versions)
  const used = new Map(receipt.document.manifests.map(({ slot, manifest }) => [slot, manifest]))
  if (used.size !== versions.length || versions.some(([slot, manifest]) => used.get(slot) !== manifest)) {
    refuse('the receipt names other dataset versions than the run')
  }
  if (!sameMembers(receipt.document.gate.recipients, run.document.recipients)) {
    refuse('the receipt names other recipients than the run')
  }
}

/** That reviewers and the number of layers are the contract's is part of verifying the receipt. */
function requireGate(layer: Uint8Array, { gate }: Receipt): void {
  if (digestId(layer) !== gate.layers[0]) refuse('the gate layer is not the one that the receipt names')
  const [first] = gate.reviewers
  const expected = first === undefined ? gate.recipients : [first]
  if (!sameMembers(sealedTo(layer) ?? [], expected)) refuse('the gate layer is not sealed to whom the contract says')
}

function inspectionKeysOf({ inspectionKeys }: DepositHeader, contract: VerifiedContract): ReadonlyMap<string, Uint8Array> {
  const inspecting = contract.document.results.reviewers.filter((r) => r.mode === 'inspect').map((r) => r.member)
  const members = inspectionKeys.map(({ member }) => member)
  if (members.length !== inspecting.length || !sameMembers(members, inspecting)) {
    refuse('there must be one inspection key for each reviewer who inspects, and no other')
  }
  if (!inspectionKeys.every(({ sealedKey }) => isSealedObject(sealedKey))) refuse('an inspection key is malformed')
  return new Map(inspectionKeys.map(({ member, sealedKey }) => [member, sealedKey]))
}

function sameMembers(a: readonly string[], b: readonly string[]): boolean {
  const [left, right] = [new Set(a), new Set(b)]
  return left.size === right.size && [...left].every((member) => right.has(member))
}

function refuse(why: string): never {
  throw new ReinraumError('receipt-invalid', why)
}
