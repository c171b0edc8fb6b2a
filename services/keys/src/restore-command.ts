import { join } from 'node:path'
import { isReinraumError, ReinraumError } from '@reinraum/crypto'
import { createLog, readConfig, type Store } from '@reinraum/kit'
import type { BackupHeader } from './backup/backup-header.ts'
import { restoreBackup } from './backup/restore-backup.ts'
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
 * `--config <file> --restore <backup>`: fills the store of a service that was never started, and ends. What it says goes to
 * the service's log; the exit code is 1 when nothing was restored.
 */
export async function restoreCommand(file: string, argv: readonly string[], say: (sentence: string) => void): Promise<0 | 1> {
  try {
    const config = readConfig(keysConfigSchema, argv)
    const log = createLog(config.log, config.id)
    const { createdAt, rootKey } = await restoreBackup(file, {
      keyServiceId: config.keyServiceId,
      dataPath: (name) => join(config.data, name),
      now: new Date(),
      rootKeyOf: (header, scratch) => rootKeyOf(config, header, scratch),
    })
    log.warn(
      { createdAt, rootKey: rootKey.kind },
      'restored from a backup: owners have to confirm their logs before anything is released',
    )
    return 0
  } catch (error) {
    const said = isReinraumError(error) ? `${error.message} (${error.code})` : 'the backup cannot be restored'
    say(`${said}\n`)
    return 1
  }
}

/** @throws ReinraumError `key-mismatch` for a root key of another kind, `sealed` for one that needs people */
async function rootKeyOf(config: KeysConfig, header: BackupHeader, store: Store<KeysDatabase>): Promise<RootKey> {
  const { configured: source } = await openRootKeySources(config, { id: config.keyServiceId, administrators: [], store })
  if (source.kind !== header.rootKey.kind)
    throw new ReinraumError('key-mismatch', `the backup was sealed under a root key of the kind ${header.rootKey.kind}`)
  const root = await source.open()
  if (root === undefined) throw new ReinraumError('sealed', 'this root key opens with contributions only')
  return root
}
