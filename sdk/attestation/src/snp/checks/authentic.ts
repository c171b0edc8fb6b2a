import type { SnpCheckName } from './names.ts'

/** What must have passed before anything that the report says is worth a look. */
export const authentic = [
  'length',
  'version',
  'signature-algorithm',
  'product',
  'certificates',
  'pinned-root',
  'chain-names',
  'chain-constraints',
  'chain-signatures',
  'signing-key',
  'report-signature',
] as const satisfies readonly SnpCheckName[]
