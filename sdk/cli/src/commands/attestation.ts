import type { Command } from 'commander'
import type { Exit } from '../command.ts'
import type { Io } from '../output.ts'
import { predictCommand } from './attestation-predict.ts'
import { showCommand } from './attestation-show.ts'
import { verifyCommand } from './attestation-verify.ts'

/** `attestation`: what a partner does with evidence in hand, offline, without a room and without an identity. */
export function attestationCommands(program: Command, io: Io, exit: Exit): void {
  const attestation = program.command('attestation').description('evidence of hardware, offline: no room and no identity needed')
  verifyCommand(attestation, io, exit)
  showCommand(attestation, io, exit)
  predictCommand(attestation, io, exit)
}
