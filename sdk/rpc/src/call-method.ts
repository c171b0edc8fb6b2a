import { create, type DescMethod, type Message, toBinary } from '@bufbuild/protobuf'
import { type CallOptions as GrpcCallOptions, type Client as GrpcClient, Metadata, type ServiceError } from '@grpc/grpc-js'
import { ReinraumError } from '@reinraum/crypto'
import { untilAborted } from './abortable.ts'
import type { CallOptions, RpcClientOptions } from './client-options.ts'
import type { AnyInit } from './implementation.ts'
import { methodPath } from './method-path.ts'
import { decode } from './validation.ts'
import { fromWire } from './wire-error.ts'
import { type MessageSink, writeMessage } from './write-message.ts'

const identity = (bytes: Buffer): Buffer => bytes

/** One method of a client, its types erased. Messages cross grpc-js as bytes: the token covers them. */
export function callMethod(channel: GrpcClient, method: DescMethod, options: RpcClientOptions) {
  const path = methodPath(method)
  const encode = (request: AnyInit | Uint8Array) => {
    const bytes = request instanceof Uint8Array ? request : toBinary(method.input, create(method.input, request))
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }
  const decodeResponse = (bytes: Uint8Array): Message => {
    try {
      return decode(method.output, bytes)
    } catch (cause) {
      throw new ReinraumError('internal', `${options.address} sent something that is not an answer`, { cause })
    }
  }
  const metadataFor = async (body?: Uint8Array) => {
    const metadata = new Metadata()
    if (options.token !== undefined) metadata.set('authorization', `Reinraum ${await options.token(path, body)}`)
    return metadata
  }
  const deadline = (timeoutMs: number | undefined): GrpcCallOptions =>
    timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs }
  const failure = (error: ServiceError, signal: AbortSignal | undefined) =>
    signal?.aborted === true ? signal.reason : fromWire(error, options.address)

  async function unary(request: AnyInit, { signal, timeoutMs }: CallOptions = {}): Promise<Message> {
    signal?.throwIfAborted()
    const body = encode(request)
    const metadata = await metadataFor(body)
    const bytes = await new Promise<Buffer>((resolve, reject) => {
      const limit = deadline(timeoutMs ?? options.timeoutMs ?? 30_000)
      const call = channel.makeUnaryRequest(path, identity, identity, body, metadata, limit, (error, value) => {
        signal?.removeEventListener('abort', cancel)
        if (error !== null) reject(failure(error, signal))
        else resolve(value ?? Buffer.alloc(0))
      })
      const cancel = () => call.cancel()
      signal?.addEventListener('abort', cancel, { once: true })
      if (signal?.aborted === true) cancel()
    })
    return decodeResponse(bytes)
  }

  async function* serverStreaming(request: AnyInit, { signal, timeoutMs }: CallOptions = {}): AsyncGenerator<Message> {
    signal?.throwIfAborted()
    const body = encode(request)
    const metadata = await metadataFor(body)
    const call = channel.makeServerStreamRequest(path, identity, identity, body, metadata, deadline(timeoutMs))
    yield* received(call, signal)
  }

  async function clientStreaming(
    requests: AsyncIterable<AnyInit | Uint8Array>,
    { signal, timeoutMs }: CallOptions = {},
  ): Promise<Message> {
    signal?.throwIfAborted()
    const metadata = await metadataFor()
    const ended = new AbortController()
    const bytes = await new Promise<Buffer>((resolve, reject) => {
      const call = channel.makeClientStreamRequest(path, identity, identity, metadata, deadline(timeoutMs), (error, value) => {
        signal?.removeEventListener('abort', cancel)
        ended.abort()
        if (error !== null) reject(failure(error, signal))
        else resolve(value ?? Buffer.alloc(0))
      })
      const cancel = () => call.cancel()
      signal?.addEventListener('abort', cancel, { once: true })
      if (signal?.aborted === true) cancel()
      sendAll(requests, call, ended.signal).catch((error: unknown) => {
        // The source of the requests failed: that, not the cancellation it causes, is what went wrong.
        reject(error)
        call.cancel()
      })
    })
    return decodeResponse(bytes)
  }

  async function* bidiStreaming(
    requests: AsyncIterable<AnyInit | Uint8Array>,
    { signal, timeoutMs }: CallOptions = {},
  ): AsyncGenerator<Message> {
    signal?.throwIfAborted()
    const metadata = await metadataFor()
    const call = channel.makeBidiStreamRequest(path, identity, identity, metadata, deadline(timeoutMs))
    const ended = new AbortController()
    const sourceFailure: { error?: unknown } = {}
    const sent = sendAll(requests, call, ended.signal).catch((error: unknown) => {
      sourceFailure.error = error
      call.cancel()
    })
    try {
      yield* received(call, signal)
    } catch (error) {
      throw 'error' in sourceFailure ? sourceFailure.error : error
    } finally {
      ended.abort()
      await sent
    }
  }

  async function* received(
    call: AsyncIterable<Buffer> & { cancel(): void; on(event: 'error', listener: () => void): unknown },
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Message> {
    const cancel = () => call.cancel()
    // Cancelling emits an error after the loop has gone; without a listener that would end the process.
    call.on('error', () => undefined)
    signal?.addEventListener('abort', cancel, { once: true })
    if (signal?.aborted === true) cancel()
    try {
      for await (const bytes of call) yield decodeResponse(bytes)
    } catch (error) {
      throw isServiceError(error) ? failure(error, signal) : error
    } finally {
      signal?.removeEventListener('abort', cancel)
      call.cancel()
    }
  }

  /** Sends until the source or the call ends; a call that ended is not this function's failure. */
  async function sendAll(
    requests: AsyncIterable<AnyInit | Uint8Array>,
    sink: MessageSink & { end(): void },
    ended: AbortSignal,
  ): Promise<void> {
    const iterator = requests[Symbol.asyncIterator]()
    try {
      for (;;) {
        const next = await untilAborted(iterator.next(), ended)
        if (next.done === true) break
        await writeMessage(sink, encode(next.value), ended)
      }
      sink.end()
    } catch (error) {
      const returned = iterator.return?.()
      if (returned !== undefined) Promise.resolve(returned).catch(() => undefined)
      if (!ended.aborted) throw error
    }
  }

  switch (method.methodKind) {
    case 'unary':
      return unary
    case 'server_streaming':
      return serverStreaming
    case 'client_streaming':
      return clientStreaming
    case 'bidi_streaming':
      return bidiStreaming
  }
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' && 'details' in error
}
