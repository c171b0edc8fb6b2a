import { canonicalBytes, constantTimeEqual, ReinraumError } from '@reinraum/crypto'
import { type ZodError, type ZodType, z } from 'zod'
import { assertContractConsistent } from './consistency/contract.ts'
import { assertQueryConsistent } from './consistency/query.ts'
import { deepFreeze } from './deep-freeze.ts'
import { type Administration, administrationSchema } from './kinds/administration.ts'
import { type Contract, contractSchema } from './kinds/contract.ts'
import { type Approval, approvalSchema, type Rejection, rejectionSchema } from './kinds/decision.ts'
import { type ImportKey, importKeySchema } from './kinds/import-key.ts'
import { type Manifest, manifestSchema } from './kinds/manifest.ts'
import { type Query, querySchema } from './kinds/query.ts'
import { type Receipt, receiptSchema } from './kinds/receipt.ts'
import { type Release, releaseSchema } from './kinds/release.ts'
import { type Revocation, revocationSchema } from './kinds/revocation.ts'
import { type Run, runSchema } from './kinds/run.ts'
import { type TrustBundle, trustBundleSchema } from './kinds/trust-bundle.ts'
import { explainIssue } from './parts/explain-rule.ts'

/** What a statement says: one of the closed set of kinds. */
export type Document =
  | Contract
  | Manifest
  | Query
  | Approval
  | Rejection
  | Run
  | Revocation
  | Release
  | Administration
  | Receipt
  | ImportKey
  | TrustBundle
/** As a person writes it: what has a default may be left out. */
export type DocumentInput = z.input<typeof contractSchema> | Exclude<Document, Contract>
export type Kind = Document['kind']
export type DocumentOf<K extends Kind> = Extract<Document, { readonly kind: K }>

const schemas: { readonly [K in Kind]: ZodType<DocumentOf<K>> } = {
  'reinraum/contract/v1': contractSchema,
  'reinraum/manifest/v1': manifestSchema,
  'reinraum/query/v1': querySchema,
  'reinraum/approval/v1': approvalSchema,
  'reinraum/rejection/v1': rejectionSchema,
  'reinraum/run/v1': runSchema,
  'reinraum/revocation/v1': revocationSchema,
  'reinraum/release/v1': releaseSchema,
  'reinraum/administration/v1': administrationSchema,
  'reinraum/receipt/v1': receiptSchema,
  'reinraum/import-key/v1': importKeySchema,
  'reinraum/trust-bundle/v1': trustBundleSchema,
}
export const kinds = Object.freeze(Object.keys(schemas) as Kind[])

const withKind = z.looseObject({ kind: z.string().max(100) })

/**
 * Reads a value as a document of its kind and freezes it. Throws `unknown-kind`, `unknown-field` or
 * `invalid-statement`; a contract that refers to what it does not hold also `unknown-member` or `role-missing`.
 */
export function readDocument(value: unknown): Document {
  const document = completeDocument(value)
  // What was signed says everything itself: with a default filled in, or a member passed over, by the reader's schema, two
  // readers could read two different documents from the same bytes.
  if (!constantTimeEqual(canonicalBytes(document), canonicalBytes(value))) {
    throw new ReinraumError('invalid-statement', `${document.kind} leaves something to the reader`)
  }
  return document
}

/** As `readDocument`, for a document that is about to be signed: what has a default is filled in. Takes a copy. */
export function completeDocument(value: unknown): Document {
  const named = withKind.safeParse(value)
  if (!named.success) throw new ReinraumError('invalid-statement', 'a statement is an object with a kind')
  const { kind } = named.data
  if (!isKind(kind)) throw new ReinraumError('unknown-kind', 'the statement is of a kind that is not known here')
  const parsed = schemas[kind].safeParse(value)
  if (!parsed.success) throw refusalOf(parsed.error, kind)
  const document: Document = parsed.data
  if (document.kind === 'reinraum/contract/v1') assertContractConsistent(document)
  if (document.kind === 'reinraum/query/v1') assertQueryConsistent(document)
  return deepFreeze(document)
}

function isKind(kind: string): kind is Kind {
  return Object.hasOwn(schemas, kind)
}

function refusalOf(error: ZodError, kind: Kind): ReinraumError {
  const unknown = error.issues.find(isUnknownField)
  const issue = unknown ?? error.issues[0]
  const fault = issue === undefined ? '' : `: ${explainIssue(issue).slice(0, 500)}`
  const more = error.issues.length > 1 ? `, and ${error.issues.length - 1} more` : ''
  if (unknown !== undefined) return new ReinraumError('unknown-field', `${kind} has an unknown field${fault}${more}`)
  return new ReinraumError('invalid-statement', `${kind} is not well formed${fault}${more}`)
}

function isUnknownField(issue: z.core.$ZodIssue): boolean {
  if (issue.code === 'unrecognized_keys') return true
  return issue.code === 'invalid_union' && issue.errors.some((branch) => branch.some(isUnknownField))
}
