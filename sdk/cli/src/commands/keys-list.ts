import { getKey, listKeys, type StoredKey } from '@reinraum/client'
import type { Command } from 'commander'
import { atEach } from '../at-each-text.ts'
import { bind, type Exit } from '../command.ts'
import { type Io, lines, table } from '../output.ts'
import { withContract } from '../party.ts'

/** `keys list` and `keys show`: your keys, as each key service keeps them. */
export function keysListCommands(keys: Command, io: Io, exit: Exit): void {
  bind<{ contract: string }>(
    keys
      .command('list')
      .description('your keys at the key services, and those that were destroyed')
      .requiredOption('--contract <id or file>'),
    io,
    exit,
    (invocation, options) =>
      withContract(invocation, options.contract, async (session, contract) => {
        const answers = await listKeys(session, contract)
        return atEach(answers, ({ slots, keys }) => {
          const slotRows = slots.map(({ slot, versions, minimumVersion, suite, wrappingSuite }) => [
            ...[slot, versions.join(', '), `${minimumVersion}`, suite, wrappingSuite],
          ])
          const keyRows = keys.map((key) => [
            key.slot,
            stateText(key),
            sealedText(key),
            `${key.releases}`,
            key.keyId,
            key.manifestId,
          ])
          return [
            table(['SLOT', 'WRAPPING KEYS', 'MINIMUM', 'SEALS WITH', 'WRAPPED WITH'], slotRows),
            table(['SLOT', 'STATE', 'SEALED UNDER', 'RELEASES', 'KEY', 'MANIFEST'], keyRows),
          ].join('\n')
        })
      }),
  )

  bind<{ contract: string }>(
    keys
      .command('show')
      .description('what became of one of your keys')
      .argument('<manifest or key id>')
      .requiredOption('--contract <id or file>'),
    io,
    exit,
    (invocation, options, name = '') =>
      withContract(invocation, options.contract, async (session, contract) => {
        const answers = await getKey(session, contract, name)
        return atEach(answers, (key) =>
          lines([
            ['key', key.keyId],
            ['slot', key.slot],
            ['manifest', key.manifestId],
            ['state', stateText(key)],
            ['sealed under', sealedText(key)],
            ['imported', key.importedAt.toISOString()],
            ['releases', key.releases],
          ]),
        )
      }),
  )
}

function stateText({ state, revoked, destructionDueAt, destroyedAt }: StoredKey): string {
  const revokedToo = revoked ? ', revoked' : ''
  switch (state) {
    case 'active':
      return `active${revokedToo}`
    case 'destruction-scheduled':
      return `destroyed at ${destructionDueAt?.toISOString() ?? ''}${revokedToo}`
    case 'destroyed':
      return `was destroyed at ${destroyedAt?.toISOString() ?? ''}${revokedToo}`
  }
}

function sealedText({ sealedUnder }: StoredKey): string {
  return sealedUnder === null ? 'nothing' : `v${sealedUnder.version}, ${sealedUnder.suite}`
}
