import { cancelDestruction, destroyKey } from '@reinraum/client'
import { ReinraumError } from '@reinraum/crypto'
import type { Command } from 'commander'
import { atEach } from '../at-each-text.ts'
import { bind, type Exit } from '../command.ts'
import { durationMs } from '../duration.ts'
import { type Io, lines } from '../output.ts'
import { withContract } from '../party.ts'

/** `keys destroy`: erases a dataset version by destroying its key. */
export function keysDestroyCommand(keys: Command, io: Io, exit: Exit): void {
  bind<{ contract: string; delay?: string; cancel?: boolean }>(
    keys
      .command('destroy')
      .description('end the release of a key at once, and destroy it after a delay')
      .argument('<manifest or key id>')
      .requiredOption('--contract <id or file>')
      .option('--delay <duration>', 'such as 90m, 12h or 7d; a day unless told')
      .option('--cancel', 'take the order back, until it is due'),
    io,
    exit,
    (invocation, options, name = '') =>
      withContract(invocation, options.contract, async (session, contract) => {
        if (options.cancel === true) {
          if (options.delay !== undefined) throw new ReinraumError('invalid-argument', 'a cancelled destruction has no delay')
          const cancelled = await cancelDestruction(session, contract, name)
          return atEach(cancelled, ({ manifestId }) => lines([['no longer destroyed', manifestId]]))
        }
        const delay = options.delay === undefined ? undefined : durationMs(options.delay)
        const scheduled = await destroyKey(session, contract, name, delay)
        return atEach(scheduled, ({ manifestId, dueAt }) =>
          lines([
            ['manifest', manifestId],
            ['destroyed at', dueAt.toISOString()],
            ['released', 'no more, from now on'],
          ]),
        )
      }),
  )
}
