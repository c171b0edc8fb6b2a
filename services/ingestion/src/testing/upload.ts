import { crc32 } from 'node:zlib'
import type { IngestionService } from '@reinraum/proto'
import type { Client } from '@reinraum/rpc'

type Owner = Client<typeof IngestionService>

export function naming(uploadId: string) {
  return { message: { case: 'uploadId' as const, value: uploadId } }
}

export function part(offset: number, data: Uint8Array, checksum = crc32(data)) {
  return { message: { case: 'part' as const, value: { offset: BigInt(offset), data, checksum } } }
}

/** The ciphertext from `offset` on, in parts. */
export function* partsOf(ciphertext: Uint8Array, offset = 0, size = 65536) {
  for (let at = offset; at < ciphertext.length; at += size) yield part(at, ciphertext.subarray(at, at + size))
}

/** Sends these messages and returns the last offset that was acknowledged. */
export async function send(owner: Owner, uploadId: string, messages: Iterable<ReturnType<typeof part>>): Promise<number> {
  async function* stream() {
    yield naming(uploadId)
    yield* messages
  }
  let durable = -1
  for await (const { offset } of owner.uploadParts(stream())) durable = Number(offset)
  return durable
}

/** A stream that stays open until `end`: what is sent when is up to the test. */
export function openStream(owner: Owner, uploadId: string) {
  type Message = ReturnType<typeof part> | ReturnType<typeof naming>
  const queue: Message[] = [naming(uploadId)]
  let wake = Promise.withResolvers<void>()
  let ended = false
  async function* stream() {
    for (;;) {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) yield next
      if (ended) return
      await wake.promise
      wake = Promise.withResolvers<void>()
    }
  }
  const abort = new AbortController()
  const answers = owner.uploadParts(stream(), { signal: abort.signal })[Symbol.asyncIterator]()
  return {
    send(message: Message) {
      queue.push(message)
      wake.resolve()
    },
    end() {
      ended = true
      wake.resolve()
    },
    /** The connection is lost. */
    drop: () => abort.abort(),
    async acknowledged(): Promise<number> {
      const answer = await answers.next()
      if (answer.done === true) throw new Error('the stream ended')
      return Number(answer.value.offset)
    },
  }
}
