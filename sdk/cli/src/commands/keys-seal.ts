import {
  consentToReshare,
  getSealStatus,
  type Resharing,
  reshareKeyService,
  type SealTrust,
  type Session,
  sealKeyService,
  sealTrustOf,
  unsealWithPin,
  unsealWithShare,
  verifySealStatus,
} from '@reinraum/client'
import { ReinraumError } from '@reinraum/crypto'
import type { Command } from 'commander'
import { bind, type Exit, type Invocation, type Outcome } from '../command.ts'
import { readSmallFile } from '../files.ts'
import { type FloorsOptions, floorsOption } from '../floors-option.ts'
import { type Io, oneLine } from '../output.ts'
import { withContract, withSession } from '../party.ts'
import { readPolicyFile } from '../policy-file.ts'
import { controlText, sealJson, sealText } from '../seal-text.ts'

interface TrustOptions extends FloorsOptions {
  readonly contract?: string
  readonly referenceValues?: string
  readonly ownPremises?: boolean
  readonly unsealKey?: string
}

const maxPinBytes = 256

/** `keys status|unseal|seal|reshare`: the ceremony of those who unseal a key service. */
export function sealCommands(keys: Command, io: Io, exit: Exit): void {
  bind<TrustOptions>(
    withTrustOptions(keys.command('status').argument('<service>')).description(
      'whether a key service is sealed; exit code 0 open, 3 sealed',
    ),
    io,
    exit,
    (invocation, options, id = '') =>
      withTrust(invocation, options, id, async (session, trust) => {
        const status = trust === undefined ? await getSealStatus(session, id) : await verifySealStatus(session, id, trust)
        return outcomeOf(status)
      }),
  )

  bind<TrustOptions & { readonly pinFile?: string }>(
    withTrustOptions(keys.command('unseal').argument('<service>'))
      .description('contribute your share, or the PIN of its token; exit code 0 open, 3 more shares are needed')
      .option('--pin-file <file>', 'the PIN of the token that holds the root key, for administrators'),
    io,
    exit,
    (invocation, options, id = '') =>
      withTrust(invocation, options, id, async (session, trust) => {
        if (trust === undefined) throw new ReinraumError('invalid-argument', nothingToGoBy)
        if (options.pinFile === undefined) return outcomeOf(await unsealWithShare(session, id, trust))
        return outcomeOf(await unsealWithPin(session, id, trust, await readPin(options.pinFile)))
      }),
  )

  bind(
    keys.command('seal').argument('<service>').description('seal a key service at once, for its administrators'),
    io,
    exit,
    (invocation, _, id = '') =>
      withSession(invocation, async (session) => {
        await sealKeyService(session, id)
        return { text: `${id} is SEALED: its keys are overwritten, and it answers nothing`, json: { id, sealed: true } }
      }),
  )

  bind<TrustOptions>(
    withTrustOptions(keys.command('reshare').argument('<service>')).description(
      'wrap all keys under the root key of its configuration: for the holders of the present one, or its administrators; exit code 0 done, 3 more holders are needed',
    ),
    io,
    exit,
    (invocation, options, id = '') =>
      withTrust(invocation, options, id, async (session, trust) => {
        if (trust === undefined) return resharedText(id, await reshareKeyService(session, id))
        const status = await verifySealStatus(session, id, trust)
        if (status.control.rootKey.kind !== 'shares') return resharedText(id, await reshareKeyService(session, id))
        return resharedText(id, await consentToReshare(session, status), `\n${controlText(status.control)}`)
      }),
  )
}

function resharedText(id: string, made: Resharing, consentedTo = ''): Outcome {
  const { rootKey, need, holders, awaited } = made
  if (awaited > 0) {
    const text = `${id}: the consent of ${awaited} more holders of its root key is awaited${consentedTo}`
    return { text, json: { id, ...made }, exitCode: 3 }
  }
  const people = holders === 0 ? '' : `: ${need} of ${holders} holders unseal it`
  return { text: oneLine(`${id} is under a new root key of the kind ${rootKey}${people}`) + consentedTo, json: { id, ...made } }
}

const nothingToGoBy =
  'say by what the service is verified before anything is sent to it: --contract, --reference-values, or --own-premises when it runs on yours'

function withTrustOptions(command: Command): Command {
  return command
    .option('--contract <id or file>', 'go by what this contract says of the service')
    .option('--reference-values <file>', 'attested custody: appraise its evidence against these, YAML or JSON')
    .option('--own-premises', 'owner custody: it runs on your own premises, and shows no evidence')
    .option('--unseal-key <id>', 'owner custody: its unseal key has this id, as its log says since its start')
    .addOption(floorsOption())
}

/** Undefined where the command line names nothing to go by. */
async function withTrust(
  invocation: Invocation,
  { contract, referenceValues, ownPremises, unsealKey, floors }: TrustOptions,
  id: string,
  body: (session: Session, trust: SealTrust | undefined) => Promise<Outcome>,
): Promise<Outcome> {
  if ([contract, referenceValues, ownPremises].filter((option) => option !== undefined).length > 1)
    throw new ReinraumError('invalid-argument', '--contract, --reference-values and --own-premises go one at a time')
  if (contract !== undefined)
    return withContract(
      invocation,
      contract,
      (session, found) => body(session, withUnsealKey(sealTrustOf(found, id), unsealKey)),
      floors,
    )
  const trust = withUnsealKey(await trustOf(referenceValues, ownPremises), unsealKey)
  return withSession(invocation, (session) => body(session, trust), floors)
}

function withUnsealKey<T extends SealTrust | undefined>(trust: T, unsealKey: string | undefined): T {
  if (unsealKey === undefined) return trust
  if (trust?.custody !== 'owner')
    throw new ReinraumError('invalid-argument', '--unseal-key is for owner custody: --own-premises, or a contract that says so')
  return { ...trust, unsealKey }
}

async function trustOf(referenceValues: string | undefined, ownPremises: boolean | undefined): Promise<SealTrust | undefined> {
  if (referenceValues !== undefined) return { custody: 'attested', referenceValues: await readPolicyFile(referenceValues) }
  return ownPremises === true ? { custody: 'owner' } : undefined
}

function outcomeOf(status: Parameters<typeof sealText>[0]): Outcome {
  return { text: sealText(status), json: sealJson(status), exitCode: status.sealed ? 3 : 0 }
}

/** A line break at the end is an editor's, no part of a PIN. */
async function readPin(file: string): Promise<Uint8Array> {
  const bytes = await readSmallFile(file, maxPinBytes)
  let end = bytes.length
  while (end > 0 && (bytes[end - 1] === 0x0a || bytes[end - 1] === 0x0d)) end -= 1
  return bytes.subarray(0, end)
}
