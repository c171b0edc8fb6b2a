/** Bounds on what the other side may make us hold. */
export interface RpcLimits {
  /** bytes of one message, either way */
  readonly maxMessageBytes: number
  /** calls at once on one connection */
  readonly maxConcurrentStreams: number
  /** request tokens remembered against replay */
  readonly maxRememberedTokens: number
}

export const defaultLimits: RpcLimits = {
  maxMessageBytes: 20 * 1024 * 1024,
  maxConcurrentStreams: 128,
  maxRememberedTokens: 100_000,
}

/** Bytes of one stream under way before the reader has taken any. HTTP/2's 64 KiB would wait for an answer after each. */
export const flowControlWindow = 1024 * 1024

/** Characters of an authorization header; a token is about 500. */
export const maxTokenLength = 4096

/** Characters of an error message on the wire. */
export const maxErrorMessageLength = 1000

/** Violations named in one refusal. */
export const maxNamedViolations = 3
