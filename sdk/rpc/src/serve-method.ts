import type { Readable } from 'node:stream'
import { create, type DescMessage, type Message, toBinary } from '@bufbuild/protobuf'
import type {
  handleBidiStreamingCall,
  handleClientStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  MethodDefinition,
  UntypedHandleCall,
} from '@grpc/grpc-js'
import { takeUntilAborted } from './abortable.ts'
import type { AnyInit, AnyMethod } from './implementation.ts'
import { methodPath } from './method-path.ts'
import type { CallRunner } from './run-call.ts'
import { decodeRequest } from './validation.ts'
import { toWire } from './wire-error.ts'
import { writeMessage } from './write-message.ts'

type Definition = MethodDefinition<Buffer, Buffer>

/** Binds one method to grpc-js. Messages cross it as bytes, because a request token covers the bytes as they were sent. */
export function serveMethod(entry: AnyMethod, runner: CallRunner): { definition: Definition; handler: UntypedHandleCall } {
  const { method } = entry
  const definition: Definition = {
    path: methodPath(method),
    requestStream: method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming',
    responseStream: method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming',
    requestSerialize: identity,
    requestDeserialize: identity,
    responseSerialize: identity,
    responseDeserialize: identity,
  }
  return { definition, handler: handlerOf(entry, definition.path, runner) }
}

const identity = (bytes: Buffer): Buffer => bytes

function handlerOf(entry: AnyMethod, path: string, runner: CallRunner): UntypedHandleCall {
  const { input, output } = entry.method
  switch (entry.kind) {
    case 'unary':
      return ((call, callback) => {
        void runner.run(
          call,
          { method: path, body: call.request },
          async (context) => {
            const response = await entry.handle(decodeRequest(input, call.request), context)
            callback(null, encode(output, response))
          },
          (error) => callback(toWire(error)),
        )
      }) satisfies handleUnaryCall<Buffer, Buffer>
    case 'server_streaming':
      return ((call) => {
        void runner.run(
          call,
          { method: path, body: call.request },
          async (context) => {
            const responses = entry.handle(decodeRequest(input, call.request), context)
            for await (const response of takeUntilAborted(responses, context.signal)) {
              await writeMessage(call, encode(output, response), context.signal)
            }
            call.end()
          },
          (error) => call.emit('error', toWire(error)),
        )
      }) satisfies handleServerStreamingCall<Buffer, Buffer>
    case 'client_streaming':
      return ((call, callback) => {
        void runner.run(
          call,
          { method: path },
          async (context) => {
            const response = await entry.handle(decodeEach(input, call, context.signal), context)
            callback(null, encode(output, response))
          },
          (error) => callback(toWire(error)),
        )
      }) satisfies handleClientStreamingCall<Buffer, Buffer>
    case 'bidi_streaming':
      return ((call) => {
        void runner.run(
          call,
          { method: path },
          async (context) => {
            const responses = entry.handle(decodeEach(input, call, context.signal), context)
            for await (const response of takeUntilAborted(responses, context.signal)) {
              await writeMessage(call, encode(output, response), context.signal)
            }
            call.end()
          },
          (error) => call.emit('error', toWire(error)),
        )
      }) satisfies handleBidiStreamingCall<Buffer, Buffer>
  }
}

/** The checked messages of a request stream. Leaving early must not destroy the call: its status is still to be sent. */
async function* decodeEach(schema: DescMessage, call: Readable, signal: AbortSignal): AsyncGenerator<Message> {
  const source: AsyncIterable<Buffer> = call.iterator({ destroyOnReturn: false })
  for await (const bytes of takeUntilAborted(source, signal)) yield decodeRequest(schema, bytes)
}

function encode(schema: DescMessage, response: AnyInit): Buffer {
  const bytes = toBinary(schema, create(schema, response))
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
