import { describeEvidence } from '@reinraum/attestation'
import type { Command } from 'commander'
import { bind, type Exit } from '../command.ts'
import { type EvidenceOptions, readEvidence, withEvidenceOptions } from '../evidence-options.ts'
import { evidenceText } from '../evidence-text.ts'
import type { Io } from '../output.ts'

/** `attestation show`: everything in a piece of evidence. It judges nothing: exit code 0 says that it could be read. */
export function showCommand(group: Command, io: Io, exit: Exit): void {
  bind<EvidenceOptions>(
    withEvidenceOptions(group.command('show')).description('what evidence says, without judging it: nothing of it is verified'),
    io,
    exit,
    async (_invocation, options) => {
      const description = describeEvidence(await readEvidence(options))
      return { text: evidenceText(description), json: description, exitCode: 'malformed' in description ? 1 : 0 }
    },
  )
}
