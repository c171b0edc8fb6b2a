import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connect, type Room, type Session } from '@reinraum/client'
import { createIdentity, identitySchema } from '@reinraum/statements'
import { agencies, analyst, type PartyId } from './contract.ts'

export const parties: readonly PartyId[] = [...agencies, analyst]

/** Where a party keeps its identity file; on one machine, all of them side by side. */
export function identityFile(directory: string, party: PartyId): string {
  return join(directory, 'parties', `${party}.json`)
}

/** Makes an identity for each party that has none yet, and connects as each of them. */
export async function connectParties(directory: string, room: Room): Promise<Readonly<Record<PartyId, Session>>> {
  await mkdir(join(directory, 'parties'), { recursive: true, mode: 0o700 })
  const sessions = await Promise.all(
    parties.map(async (party) => {
      const file = identityFile(directory, party)
      const text = await readFile(file, 'utf8').catch(() => undefined)
      const identity = text === undefined ? await createIdentity() : identitySchema.parse(JSON.parse(text))
      if (text === undefined) await writeFile(file, JSON.stringify(identity, null, 2), { mode: 0o600, flag: 'wx' })
      return [party, connect({ room, identity })] as const
    }),
  )
  return Object.fromEntries(sessions) as Record<PartyId, Session>
}
