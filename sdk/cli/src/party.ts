import { homedir } from 'node:os'
import { join } from 'node:path'
import { connect, getContract, openFloorsFile, type Room, roomSchema, type Session } from '@reinraum/client'
import { ReinraumError } from '@reinraum/crypto'
import { type Identity, identitySchema, type VerifiedContract, verifyContract } from '@reinraum/statements'
import type { Invocation } from './command.ts'
import { readBytes, readDocumentFile } from './files.ts'

/** @throws ReinraumError `invalid-identity` */
export async function readIdentity({ global, io }: Invocation): Promise<Identity> {
  const file = global.identity ?? io.defaults.identity
  if (file === undefined)
    throw new ReinraumError('invalid-argument', 'name your identity file with --identity, or in REINRAUM_IDENTITY')
  const parsed = identitySchema.safeParse(await readDocumentFile(file))
  if (!parsed.success) throw new ReinraumError('invalid-identity', `${file} is no identity file`)
  return parsed.data
}

async function readRoom({ global, io }: Invocation): Promise<Room> {
  const file = global.room ?? io.defaults.room
  if (file === undefined) throw new ReinraumError('invalid-argument', 'name the room file with --room, or in REINRAUM_ROOM')
  const parsed = roomSchema.safeParse(await readDocumentFile(file))
  if (!parsed.success) throw new ReinraumError('invalid-argument', `${file} is no room file`)
  return parsed.data
}

/**
 * Runs something as this party, and closes its connections afterwards.
 * @param floors file with the newest numbers of the vendors' lists that this party has seen
 */
export async function withSession<T>(
  invocation: Invocation,
  body: (session: Session) => Promise<T>,
  floors?: string,
): Promise<T> {
  const [room, identity] = await Promise.all([readRoom(invocation), readIdentity(invocation)])
  const kept = floors === undefined ? {} : { floors: openFloorsFile(floors) }
  const session = connect({ room, identity, now: invocation.io.now, ...kept })
  try {
    return await body(session)
  } finally {
    session.close()
  }
}

/** Something that needs the contract: its id, to be fetched, or a file that holds it. */
export async function withContract<T>(
  invocation: Invocation,
  reference: string,
  body: (session: Session, contract: VerifiedContract) => Promise<T>,
  floors?: string,
): Promise<T> {
  return withSession(
    invocation,
    async (session) => {
      const contract = isId(reference) ? await getContract(session, reference) : await readContract(invocation, reference)
      return body(session, contract)
    },
    floors,
  )
}

/** A contract from a file, verified offline. */
export async function readContract({ io }: Invocation, file: string): Promise<VerifiedContract> {
  return verifyContract(await readBytes(file), { now: io.now() })
}

export function isId(text: string): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(text)
}

/** A private folder for what has not been uploaded yet. */
export function stateDirectory(): string {
  return join(homedir(), '.local', 'state', 'reinraum')
}
