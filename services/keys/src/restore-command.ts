import { join } from 'node:path'
import { isReinraumError } from '@reinraum/crypto'
import { createLog, readConfig, type Store } from '@reinraum/kit'
import type { BackupHeader } from './backup/backup-header.ts'
import { restoreBackup } from './backup/restore-backup.ts'
import { sourceOfBackup } from './backup/source-of-backup.ts'
import { type KeysConfig, keysConfigSchema } from './config.ts'
import { openRootKeySources } from './root-key/open-root-key-source.ts'
import type { RootKey } from './root-key/root-key.ts'
import type { KeysDatabase } from './store.ts'

/** The backup that `--restore` names, and the arguments that are left. */
export function takeRestore(argv: readonly string[]): { readonly file: string | undefined; readonly rest: readonly string[] } {
  const at = argv.indexOf('--restore')
  if (at < 0) return { file: undefined, rest: argv }
  return { file: argv[at + 1] ?? '', rest: argv.toSpliced(at, 2) }
}

/**
 * `--config <file> --restore <backup>`: fills the store of a service that was never started, or has the backup wait there for
 * those who unseal it, and ends. Says which; the exit code is 1 when nothing was done.
 */
export async function restoreCommand(file: string, argv: readonly string[], say: (sentence: string) => void): Promise<0 | 1> {
  try {
    const config = readConfig(keysConfigSchema, argv)
    const { header, waits } = await restoreBackup(file, {
      keyServiceId: config.keyServiceId,
      dataPath: (name) => join(config.data, name),
      now: new Date(),
      rootKeyOf: (header, scratch) => rootKeyOf(config, header, scratch),
    })
    const { createdAt, rootKey } = header
    const sentence = waits
      ? whatWaits(header)
      : 'restored from a backup: owners have to confirm their logs before anything is released'
    createLog(config.log, config.id).warn({ createdAt, rootKey: rootKey.kind }, sentence)
    say(`${sentence}\n`)
    return 0
  } catch (error) {
    const said = isReinraumError(error) ? `${error.message} (${error.code})` : 'the backup cannot be restored'
    say(`${said}\n`)
    return 1
  }
}

function whatWaits({ createdAt, rootKey }: BackupHeader): string {
  const who = rootKey.kind === 'shares' ? 'the holders of its shares' : 'an administrator with the PIN of its token'
  return `the backup of ${createdAt} waits for ${who}: start the service and unseal it`
}

async function rootKeyOf(config: KeysConfig, header: BackupHeader, store: Store<KeysDatabase>): Promise<RootKey | undefined> {
  const place = { id: config.keyServiceId, administrators: [], store, restores: true }
  return (await sourceOfBackup(header, await openRootKeySources(config, place), store)).open()
}
