import { rewrapKeys, rotateWrappingKey, setMinimumVersion } from '@reinraum/client'
import { type RecordSuite, ReinraumError, recordSuites } from '@reinraum/crypto'
import { type Command, Option } from 'commander'
import { atEach } from '../at-each-text.ts'
import { bind, type Exit } from '../command.ts'
import { type Io, lines } from '../output.ts'
import { withContract } from '../party.ts'

interface SlotOptions {
  readonly contract: string
  readonly slot: string
}

/** `keys rotate`, `rewrap` and `minimum`: the wrapping keys of one of your slots. */
export function keysAdministrationCommands(keys: Command, io: Io, exit: Exit): void {
  const ofSlot = (name: string, description: string) =>
    keys.command(name).description(description).requiredOption('--contract <id or file>').requiredOption('--slot <slot>')

  bind<SlotOptions>(
    ofSlot('rotate', 'make a new wrapping key for a slot; keys that are there stay under theirs until you rewrap them'),
    io,
    exit,
    (invocation, { contract: reference, slot }) =>
      withContract(invocation, reference, async (session, contract) =>
        atEach(await rotateWrappingKey(session, contract, slot), ({ version }) => lines([['wrapping key', `v${version}`]])),
      ),
  )

  bind<SlotOptions & { suite?: RecordSuite }>(
    ofSlot('rewrap', 'move every key of a slot under its newest wrapping key, and forget the older ones').addOption(
      new Option('--suite <suite>', 'under a new one that seals in this suite').choices([...recordSuites]),
    ),
    io,
    exit,
    (invocation, { contract: reference, slot, suite }) =>
      withContract(invocation, reference, async (session, contract) =>
        atEach(await rewrapKeys(session, contract, slot, suite), (answer) =>
          lines([
            ['moved', answer.keys],
            ['wrapping key', `v${answer.version}`],
            ['seals with', answer.suite],
          ]),
        ),
      ),
  )

  bind<SlotOptions & { atLeast: string }>(
    ofSlot('minimum', 'release no key of a slot that is sealed under an older wrapping key; it only rises').requiredOption(
      '--at-least <version>',
    ),
    io,
    exit,
    (invocation, { contract: reference, slot, atLeast }) =>
      withContract(invocation, reference, async (session, contract) => {
        if (!/^[1-9][0-9]{0,8}$/.test(atLeast)) throw new ReinraumError('invalid-argument', 'a version is a number from 1')
        const answers = await setMinimumVersion(session, contract, slot, Number(atLeast))
        return atEach(answers, ({ version }) => lines([['minimum', `v${version}`]]))
      }),
  )
}
