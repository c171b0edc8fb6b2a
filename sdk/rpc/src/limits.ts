/** Bounds on what the other side may make us hold. */
export interface RpcLimits {
  /** bytes of one message, either way */
  readonly maxMessageBytes: number
  /** calls at once on one connection */
  readonly maxConcurrentStreams: number
  /** request tokens remembered against replay; one address takes up at most half of it, and no more than others leave free */
  readonly maxRememberedTokens: number
  /** callers, and addresses, whose rate is kept; beyond, those unheard of for longest are forgotten */
  readonly maxKnownCallers: number
}

/** A token bucket: `burst` calls at once, and `perSecond` in the long run. Both at least a fraction above 0. */
export interface Rate {
  readonly burst: number
  readonly perSecond: number
}

/** How often one caller may call one port. */
export interface RateLimits {
  /** each party by its key, each service by its id */
  readonly perCaller: Rate
  /** each caller at each of these methods (`/package.Service/Method`), besides `perCaller` */
  readonly perMethod: Readonly<Record<string, Rate>>
  /**
   * each peer address (an IPv6 network of 64 bits is one) for what nobody answers for: calls without a token, tokens that
   * are refused, and the first call of each key, since anyone can make keys. Behind a proxy all share its address: raise it.
   */
  readonly anonymous: Rate
}

export const defaultLimits: RpcLimits = {
  maxMessageBytes: 20 * 1024 * 1024,
  maxConcurrentStreams: 128,
  maxRememberedTokens: 100_000,
  maxKnownCallers: 100_000,
}

// A token is remembered for 90 s at most, so one party at its full rate takes 47,000 of the 50,000 places that one address gets.
export const defaultRates: RateLimits = {
  perCaller: { burst: 2000, perSecond: 500 },
  perMethod: {},
  anonymous: { burst: 1000, perSecond: 100 },
}

/** Bytes of a message to a service that is not ours to limit otherwise: a health check, which names one service. */
export const maxHealthMessageBytes = 4096

/** Bytes of one stream under way before the reader has taken any. HTTP/2's 64 KiB would wait for an answer after each. */
export const flowControlWindow = 1024 * 1024

/** Characters of an authorization header; a token is about 500. */
export const maxTokenLength = 4096

/** Characters of an error message on the wire. */
export const maxErrorMessageLength = 1000

/** Violations named in one refusal. */
export const maxNamedViolations = 3
