import { concatBytes, constantTimeEqual, sha256, toHex } from '@reinraum/crypto'
import { type CheckRule, failed, type Outcome, passed, waived } from '../checks/outcome.ts'
import type { VtpmCheckName } from './check-names.ts'
import { qualifyingDataOf } from './qualifying-data.ts'
import { areQuotedPcrs, isSignedBy } from './tpm-quote.ts'
import type { VtpmSubject } from './vtpm-subject.ts'

/**
 * The checks of one kind of hardware, as they are where a paravisor stands before it: what the paravisor's TPM says is added,
 * and `report-data` asks the TPM, because report_data itself names the paravisor's key.
 *
 * @param authentic what must have passed before the hardware's report is worth a look
 * @param subject null leaves the rules as they are
 */
export function withVtpmRules<Name extends string, Subject>(
  rules: readonly CheckRule<Name | 'report-data', Subject>[],
  authentic: readonly Name[],
  subject: VtpmSubject | null,
): readonly CheckRule<Name | VtpmCheckName | 'report-data', Subject>[] {
  if (subject === null) return rules
  const run = (check: (subject: VtpmSubject) => Outcome) => () => check(subject)
  return [
    ...rules.filter((rule) => rule.name !== 'report-data'),
    { name: 'paravisor', claim: 'runtime-opaque', needs: authentic, run: run(checkParavisor) },
    { name: 'hcl-report', claim: 'instance-identity', needs: ['paravisor'], run: run(checkHclReport) },
    { name: 'runtime-data', claim: 'instance-identity', needs: ['hcl-report'], run: run(checkRuntimeData) },
    { name: 'tpm-quote', claim: 'instance-identity', needs: ['runtime-data'], run: run(checkQuote) },
    { name: 'pcrs', claim: 'executables', needs: ['tpm-quote'], run: run(checkPcrs) },
    { name: 'report-data', claim: 'instance-identity', needs: ['tpm-quote'], run: run(checkExtraData) },
  ]
}

/** Both sides must say so: evidence cannot bring a paravisor along, and leaving its TPM out does not make it go away. */
function checkParavisor({ evidence, reference }: VtpmSubject): Outcome {
  if (reference === undefined) return failed('paravisor-not-allowed', 'the reference values allow no paravisor')
  if (evidence === undefined) return failed('paravisor-missing', 'the reference values ask for what its TPM says')
  return waived('paravisor', "the operator's paravisor is trusted with all the guest's memory")
}

function checkHclReport({ hclReport, attestationKey, hardware }: VtpmSubject): Outcome {
  if (hclReport === null) return failed('hcl-report-malformed', 'this is no report of a paravisor')
  if (hclReport.tee !== hardware.tee) return failed('hcl-report-malformed', 'it is for another kind of hardware')
  return attestationKey === null
    ? failed('hcl-report-malformed', 'the runtime data names no attestation key')
    : passed(`runtime data of ${hclReport.runtimeData.length} bytes`)
}

/** Nobody certifies the attestation key but the hardware, by this digest. */
function checkRuntimeData({ hclReport, hardware }: VtpmSubject): Outcome {
  if (hclReport === null) return failed('hcl-report-malformed', 'this is no report of a paravisor')
  if (!hardware.isKeptReport(hclReport.hardwareReport)) {
    return failed('runtime-data-mismatch', 'the paravisor kept another report than the one of the evidence')
  }
  const bound = concatBytes(sha256(hclReport.runtimeData), new Uint8Array(32))
  return constantTimeEqual(hardware.reportData, bound)
    ? passed('the hardware vouches for the attestation key')
    : failed('runtime-data-mismatch', 'the hardware vouches for other runtime data')
}

function checkQuote({ evidence, quote, attestationKey }: VtpmSubject): Outcome {
  if (evidence === undefined || quote === null) return failed('tpm-quote-malformed', 'this is no quote over SHA-256 registers')
  const valid = attestationKey !== null && isSignedBy(attestationKey, quote.signed, evidence.signature)
  return valid ? passed('signed by the attestation key') : failed('tpm-quote-signature-invalid', 'the signature does not verify')
}

function checkPcrs({ evidence, quote, reference }: VtpmSubject): Outcome {
  if (evidence === undefined || quote === null || !areQuotedPcrs(quote, evidence.pcrs)) {
    return failed('pcr-digest-mismatch', 'these are not the registers that were quoted')
  }
  const asked = Object.entries(reference?.pcrs ?? {})
  for (const [number, accepted] of asked) {
    if (!quote.selected.includes(Number(number))) return failed('pcr-mismatch', `PCR ${number} was not quoted`)
    const value = toHex(evidence.pcrs[Number(number)] ?? new Uint8Array(0))
    if (!accepted?.includes(value)) return failed('pcr-mismatch', `PCR ${number} is ${value}`)
  }
  return passed(`PCR ${asked.map(([number]) => number).join(', ')}`)
}

function checkExtraData({ quote, expected }: VtpmSubject): Outcome {
  return quote !== null && constantTimeEqual(quote.extraData, qualifyingDataOf(expected))
    ? passed(toHex(quote.extraData))
    : failed('report-data-mismatch', 'the evidence was made for something else')
}
