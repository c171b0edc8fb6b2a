import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll } from 'vitest'
import { type CommandLine, commandLine, type Json } from '../../harness/command-line.ts'
import { type UsedTestRoom, useTestRoom } from '../../harness/use-test-room.ts'

export const parties = ['health', 'survey', 'analyst', 'reviewer'] as const
export type Party = (typeof parties)[number]

/** One clean room from its contract to its revocation, which the tests of the command line go through in order. */
export interface Life {
  readonly rooms: UsedTestRoom
  readonly as: Readonly<Record<Party, CommandLine>>
  /** somebody at a machine without a network and without an identity */
  readonly offline: CommandLine
  /** A file of theirs. */
  at(name: string): string
  /** What one command answers and the next needs, as a user would copy it. */
  readonly known: Record<'districts' | 'contract' | 'query' | 'rejected' | 'run' | 'approval' | 'manifest', string>
  /** The commands that were given, by the words that name them. */
  readonly ran: { readonly text: Set<string>; readonly json: Set<string> }
}

export function useLife(): Life {
  const rooms = useTestRoom()
  const name = `command-line-${crypto.randomUUID()}`
  const at = (file: string) => join(rooms.room.directory, name, file)
  const ran = { text: new Set<string>(), json: new Set<string>() }
  const onCommand = (words: string, json: boolean) => void ran[json ? 'json' : 'text'].add(words)
  const line = (party: Party) => once(() => commandLine({ room: rooms.room.roomFile, identity: at(`${party}.json`), onCommand }))
  beforeAll(async () => {
    await mkdir(at('.'))
  })
  return {
    ...{ rooms, at, ran },
    as: { health: line('health'), survey: line('survey'), analyst: line('analyst'), reviewer: line('reviewer') },
    offline: commandLine({ onCommand }),
    known: { districts: '', contract: '', query: '', rejected: '', run: '', approval: '', manifest: '' },
  }
}

export function text(value: Json | undefined): string {
  return String(value)
}

/** Where the room is, is known once it has started: at the first command. */
function once(make: () => CommandLine): CommandLine {
  let made: CommandLine | undefined
  const line = () => (made ??= make())
  return Object.assign((...argv: readonly string[]) => line()(...argv), {
    json: (...argv: readonly string[]) => line().json(...argv),
  })
}
