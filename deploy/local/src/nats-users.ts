import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createUser, fromSeed } from '@nats-io/nkeys'
import { writePrivateFile } from './private-file.ts'

/** The NKEY of one NATS user, kept in a file of the room: its seed stays the same over restarts. */
export async function openNatsUser(folder: string, name: string): Promise<{ readonly nkey: string; readonly seedFile: string }> {
  const seedFile = join(folder, `${name}.nk`)
  const kept = await readFile(seedFile).catch(() => undefined)
  if (kept !== undefined) return { nkey: fromSeed(kept).getPublicKey(), seedFile }
  const user = createUser()
  await writePrivateFile(seedFile, user.getSeed())
  return { nkey: user.getPublicKey(), seedFile }
}
