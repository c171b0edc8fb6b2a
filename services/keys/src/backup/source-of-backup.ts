import { ReinraumError } from '@reinraum/crypto'
import type { Store } from '@reinraum/kit'
import type { RootKeySource, RootKeySources } from '../root-key/root-key-source.ts'
import type { KeysDatabase } from '../store.ts'
import type { BackupHeader } from './backup-header.ts'

/**
 * Where the root key of a backup comes from. What its people need is taken over from the header into a store without keys; it
 * is not authentic before the backup opens, and is written anew with what the backup holds.
 * @throws ReinraumError `key-mismatch` when the configuration names no root key of that kind, `unreadable-input`
 */
export async function sourceOfBackup(
  { rootKey: { kind, recovery } }: BackupHeader,
  { configured, former }: RootKeySources,
  store: Store<KeysDatabase>,
): Promise<RootKeySource> {
  const source = [configured, former].find((one) => one?.kind === kind)
  if (source === undefined) throw new ReinraumError('key-mismatch', `the backup was sealed under a root key of the kind ${kind}`)
  const { adopt } = source
  if (adopt === undefined) return source
  if (recovery === undefined) throw new ReinraumError('unreadable-input', 'the backup says nothing of who unseals it')
  await store.transaction((trx) => adopt(trx, recovery))
  return source
}
