export type { ByteRange } from './chunk-span.ts'
export { createEnvelopeThreads, type EnvelopeThreads, type EnvelopeThreadsOptions } from './envelope-threads.ts'
export type { OpenEnvelope, UnsealOptions } from './open-envelope.ts'
export type { CiphertextSource, LocalFile, RangeSource } from './source.ts'
