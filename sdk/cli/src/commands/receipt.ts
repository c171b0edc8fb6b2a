import { openReleasesFile, verifyReceiptBundle } from '@reinraum/client'
import type { Command } from 'commander'
import { bind, type Exit } from '../command.ts'
import { readBytes } from '../files.ts'
import type { Io } from '../output.ts'
import { receiptJson, receiptText } from '../receipt-text.ts'

export function receiptCommands(program: Command, io: Io, exit: Exit): void {
  bind<{ contract?: string; releases?: string }>(
    program
      .command('receipt')
      .description('what happened in a run')
      .command('verify')
      .description('check a receipt bundle offline: signatures, releases, evidence, binding, and the noise that it names')
      .argument('<file>')
      .option('--contract <id>', 'the contract that it has to be of')
      .option('--releases <file>', 'keep the releases of a valid receipt, for `keys restore`; made when it is missing'),
    io,
    exit,
    async (_invocation, { releases, ...expected }, file = '') => {
      const verification = await verifyReceiptBundle(await readBytes(file), expected)
      // Only what was verified is kept, and what cannot be kept is not passed over in silence.
      if (releases !== undefined && verification.valid)
        await openReleasesFile(releases).keep((verification.releases ?? []).map(({ bytes }) => bytes))
      return { text: receiptText(verification), json: receiptJson(verification), exitCode: verification.valid ? 0 : 2 }
    },
  )
}
