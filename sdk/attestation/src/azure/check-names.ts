/**
 * The checks that are added where a paravisor stands between hardware and guest, in the order in which they run; after them
 * `report-data` looks at the TPM's quote, since the hardware's own field is taken by the paravisor.
 */
export const vtpmCheckNames = ['paravisor', 'hcl-report', 'runtime-data', 'tpm-quote', 'pcrs'] as const
export type VtpmCheckName = (typeof vtpmCheckNames)[number]
