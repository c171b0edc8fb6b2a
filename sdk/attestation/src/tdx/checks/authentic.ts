import type { TdxCheckName } from './names.ts'

/** What must hold before the root and what it signed can be asked about anything. */
export const chained = [
  'certificates',
  'pinned-root',
  'chain-names',
  'chain-constraints',
  'chain-signatures',
] as const satisfies readonly TdxCheckName[]

/**
 * What must have passed before anything that the TD says is worth a look. The module belongs to it: a TD report is only as
 * true as the module that made it, and a quote is only as true as the enclave that signed it.
 */
export const authentic = [
  'structure',
  'quote-version',
  'key-type',
  'tee-type',
  'qe-vendor',
  'collateral',
  ...chained,
  'tcb-info-signer',
  'tcb-info-signature',
  'tcb-info',
  'qe-identity-signer',
  'qe-identity-signature',
  'qe-identity',
  'qe-report-signature',
  'qe-report-binding',
  'qe-identity-match',
  'quote-signature',
  'module-identity',
] as const satisfies readonly TdxCheckName[]
