import { describeEvidence, type Evidence } from '@reinraum/attestation'
import { ReinraumError } from '@reinraum/crypto'
import { type Command, Option } from 'commander'
import { readBinaryFile } from './evidence-file.ts'
import { oneLineName } from './files.ts'

/** A quote is about 5 KB, with room for the longest certificate chain. */
const maxEvidenceBytes = 64 * 1024
/** The firmware sets aside a fixed area for the log, 64 KB to 256 KB as seen so far, and hands out all of it. */
const maxEventLogBytes = 4 * 1024 * 1024

export interface EvidenceOptions {
  readonly tee: Evidence['tee']
  readonly evidence: string
  readonly eventLog?: string
}

/** The options that say which evidence a command is about; `readEvidence` reads what they name. */
export function withEvidenceOptions(command: Command): Command {
  return command
    .addOption(new Option('--tee <kind>', 'the kind of hardware').choices(['snp', 'tdx']).makeOptionMandatory())
    .requiredOption('--evidence <file>', 'SEV-SNP report or TDX quote, raw bytes')
    .option('--event-log <file>', 'TDX: the CCEL event log, raw bytes')
}

/** @throws ReinraumError `invalid-argument`, `unreadable-input` */
export async function readEvidence({ tee, evidence: file, eventLog }: EvidenceOptions): Promise<Evidence> {
  if (tee === 'snp' && eventLog !== undefined) throw new ReinraumError('invalid-argument', '--event-log goes with --tee tdx')
  const bytes = await readBinaryFile(file, maxEvidenceBytes)
  const evidence: Evidence =
    tee === 'snp'
      ? { tee, report: bytes }
      : { tee, quote: bytes, ...(eventLog === undefined ? {} : { eventLog: await readBinaryFile(eventLog, maxEventLogBytes) }) }
  refuseOtherKind(file, evidence, bytes)
  return evidence
}

/** Malformed evidence is judged like all other; evidence of the other kind is a slip of whoever typed the command. */
function refuseOtherKind(file: string, evidence: Evidence, bytes: Uint8Array): void {
  const other: Evidence = evidence.tee === 'snp' ? { tee: 'tdx', quote: bytes } : { tee: 'snp', report: bytes }
  if (isReadable(evidence) || !isReadable(other)) return
  const what = other.tee === 'snp' ? 'an SEV-SNP report' : 'a TDX quote'
  throw new ReinraumError('invalid-argument', `${oneLineName(file)} is ${what}: say --tee ${other.tee}`)
}

function isReadable(evidence: Evidence): boolean {
  const description = describeEvidence(evidence)
  return 'report' in description || ('quote' in description && description.quote !== null)
}
