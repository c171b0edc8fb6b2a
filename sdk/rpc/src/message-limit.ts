import { ReinraumError } from '@reinraum/crypto'

/**
 * Lowers the bound on the messages of one call, before any of them is read. grpc-js 1.14 has one bound for a whole server
 * and no hook before a message is in memory, so this sets what its constructor has just set: the reader's bound for what
 * arrives, and the call's own for what it unpacks to. A version in which they are elsewhere serves nothing, and a test says
 * so, rather than reading 20 MiB from anyone.
 * @throws ReinraumError `internal`
 */
export function limitMessages(call: object, maxBytes: number): void {
  const decoder: unknown = Reflect.get(call, 'decoder')
  if (typeof decoder !== 'object' || decoder === null) throw unknownLayout()
  lower(decoder, 'maxReadMessageLength', maxBytes)
  lower(call, 'maxReceiveMessageSize', maxBytes)
}

function lower(owner: object, name: string, maxBytes: number): void {
  const current: unknown = Reflect.get(owner, name)
  if (typeof current !== 'number') throw unknownLayout()
  Reflect.set(owner, name, current === -1 ? maxBytes : Math.min(current, maxBytes))
}

const unknownLayout = () => new ReinraumError('internal', 'the size of messages cannot be limited')
