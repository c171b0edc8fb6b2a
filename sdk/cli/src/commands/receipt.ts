import { verifyReceiptBundle } from '@reinraum/client'
import type { Command } from 'commander'
import { bind, type Exit } from '../command.ts'
import { readBytes } from '../files.ts'
import type { Io } from '../output.ts'
import { receiptJson, receiptText } from '../receipt-text.ts'

export function receiptCommands(program: Command, io: Io, exit: Exit): void {
  bind<{ contract?: string }>(
    program
      .command('receipt')
      .description('what happened in a run')
      .command('verify')
      .description('check a receipt bundle offline: signatures, releases, evidence, binding')
      .argument('<file>')
      .option('--contract <id>', 'the contract that it has to be of'),
    io,
    exit,
    async (_invocation, expected, file = '') => {
      const verification = await verifyReceiptBundle(await readBytes(file), expected)
      return { text: receiptText(verification), json: receiptJson(verification), exitCode: verification.valid ? 0 : 2 }
    },
  )
}
