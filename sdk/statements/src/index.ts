export * from './bundle/revocations.ts'
export * from './bundle/verify-run-bundle.ts'
export { codeOfSpending, type PrivacyFault, privacyFaults } from './consistency/privacy.ts'
export { ruleFaults } from './consistency/rule.ts'
export { deepFreeze } from './deep-freeze.ts'
export { type Document, type DocumentInput, type DocumentOf, type Kind, kinds, readDocument } from './document.ts'
export * from './history.ts'
export * from './identity.ts'
export { type JwsSignature, statementAlgorithms } from './jws.ts'
export * from './key-custody.ts'
export * from './kinds/administration.ts'
export * from './kinds/contract.ts'
export * from './kinds/decision.ts'
export * from './kinds/import-key.ts'
export * from './kinds/manifest.ts'
export * from './kinds/query.ts'
export * from './kinds/receipt.ts'
export * from './kinds/release.ts'
export * from './kinds/revocation.ts'
export * from './kinds/run.ts'
export * from './kinds/trust-bundle.ts'
export {
  beginning,
  endAfter,
  entryDigest,
  eventDigest,
  followingEntry,
  type LedgerEnd,
  type LedgerEntry,
  type LedgerEvent,
} from './ledger/entry.ts'
export * from './ledger/follow-ledger.ts'
export * from './ledger/ledger.ts'
export * from './ledger/released-entries.ts'
export { maximumStatementBytes } from './limits.ts'
export * from './manifest-core-context.ts'
export * from './members.ts'
export * from './merge-signatures.ts'
export { parameterInDomain } from './parameter-domain.ts'
export * from './parse-statement.ts'
export * from './parts/analysis-rule.ts'
export * from './parts/dataset-schema.ts'
export { explainRule } from './parts/explain-rule.ts'
export * from './parts/identifiers.ts'
export * from './parts/ledger-amounts.ts'
export { type Lineage, lineageSchema } from './parts/lineage.ts'
export {
  longestNoiseName,
  maximumNoisyColumns,
  maximumNoisyTables,
  type NamedNoise,
  type NoisyTable,
  namedNoiseSchema,
} from './parts/named-noise.ts'
export { type Privacy, privacySchema } from './parts/privacy-loss.ts'
export * from './parts/public-keys.ts'
export { type UnitRows, withRowsStated } from './parts/unit-rows.ts'
export * from './receipt-bundle.ts'
export { readReceiptEvidence, writeReceiptEvidence } from './receipt-evidence.ts'
export * from './request-token.ts'
export * from './result-file/result-file.ts'
export { pkcs8OfSeeds, type SigningSeeds, signerOfSeeds } from './seed-signer.ts'
export * from './service-control.ts'
export * from './sign-statement.ts'
export { createSigner, type Signer, thumbprint } from './signer.ts'
export type { Verified, VerifiedContract } from './verified.ts'
export { verifyAdministration } from './verify/administration.ts'
export { type BudgetDenial, verifyBudgetDenial } from './verify/budget-denial.ts'
export { assertContractInForce, verifyContract } from './verify/contract.ts'
export { decidesAbout, isApproval, type VerifiedDecision, verifyDecision, verifyDecisionAtAnyTime } from './verify/decision.ts'
export { verifyImportKey } from './verify/import-key.ts'
export { verifyManifest } from './verify/manifest.ts'
export { verifyQuery } from './verify/query.ts'
export { verifyReceipt } from './verify/receipt.ts'
export { verifyRelease } from './verify/release.ts'
export { verifyRevocation } from './verify/revocation.ts'
export { verifyRun } from './verify/run.ts'
export { verifyTrustBundle } from './verify/trust-bundle.ts'
