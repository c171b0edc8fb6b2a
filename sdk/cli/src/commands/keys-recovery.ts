import {
  backUpKeyService,
  confirmKeyServiceClock,
  confirmReleaseLog,
  getKeyServiceClock,
  getReleaseLogState,
  openReleasesFile,
  presentKeptReleases,
  type ReleaseLogState,
} from '@reinraum/client'
import { ReinraumError } from '@reinraum/crypto'
import type { Command } from 'commander'
import { bind, type Exit, type Outcome } from '../command.ts'
import { lockText } from '../lock-text.ts'
import { type Io, lines, oneLine } from '../output.ts'
import { withContract, withSession } from '../party.ts'

/** `keys backup|restore|clock`: what follows when a store is lost or was set back, or a clock cannot be relied on. */
export function recoveryCommands(keys: Command, io: Io, exit: Exit): void {
  bind<{ out: string }>(
    keys
      .command('backup')
      .description('a copy of a key service that only its root key opens, for its administrators')
      .argument('<service>')
      .requiredOption('--out <file>', 'a new file'),
    io,
    exit,
    (invocation, { out }, id = '') =>
      withSession(invocation, async (session) => {
        const bytes = await backUpKeyService(session, id, out)
        return { text: `${oneLine(out)}: ${bytes} bytes`, json: { keyService: id, file: out, bytes } }
      }),
  )

  bind<{ contract: string; releases?: string; confirm?: boolean }>(
    keys
      .command('restore')
      .description("a member's part after a restore: show the releases that you kept, and confirm where the log ends")
      .argument('<service>')
      .requiredOption('--contract <id or file>')
      .option('--releases <file>', 'releases that this party kept; a key service that has forgotten some is locked, and mended')
      .option('--confirm', 'as an owner: no release came after the one that ends the log'),
    io,
    exit,
    (invocation, options, id = '') =>
      withContract(invocation, options.contract, async (session, contract) => {
        const { releases, confirm } = options
        const found =
          releases === undefined
            ? await getReleaseLogState(session, contract, id)
            : await presentKeptReleases(session, contract, id, openReleasesFile(releases))
        return outcomeOf(id, confirm === true ? await confirmReleaseLog(session, contract, id, found) : found)
      }),
  )

  bind<{ confirm?: string }>(
    keys
      .command('clock')
      .description("a key service's time and its machine's, for its administrators; exit code 0 sound, 2 not")
      .argument('<service>')
      .option('--confirm <time>', "the machine's clock showed this time and is right"),
    io,
    exit,
    (invocation, { confirm }, id = '') =>
      withSession(invocation, async (session) => {
        if (confirm !== undefined) await confirmKeyServiceClock(session, id, timeOf(confirm))
        const { now, wall, sound } = await getKeyServiceClock(session, id)
        const json = { keyService: id, now: now.toISOString(), machine: wall.toISOString(), sound }
        const text = lines([
          ['its own time', json.now],
          ['its machine says', json.machine],
          ['sound', sound ? 'yes' : 'no: nothing is released'],
        ])
        return { text, json, exitCode: sound ? 0 : 2 }
      }),
  )
}

function timeOf(text: string): Date {
  const time = new Date(text)
  if (Number.isNaN(time.getTime())) throw new ReinraumError('invalid-argument', 'the time is given as `keys clock` shows it')
  return time
}

function outcomeOf(id: string, state: ReleaseLogState): Outcome {
  const { sequence, releaseId, lock, presentedSequence, awaited } = state
  const text = lines([
    ['key service', id],
    ['log ends with', releaseId === null ? 'nothing' : `${sequence}, ${oneLine(releaseId)}`],
    ['state', lockText(lock)],
    ...(presentedSequence > sequence ? [['missing up to', presentedSequence] as const] : []),
    ...(awaited.length > 0 ? [['to be confirmed by', awaited.map(oneLine).join(', ')] as const] : []),
  ])
  return { text, json: { keyService: id, ...state }, exitCode: lock === 'none' ? 0 : 2 }
}
