import { type ErrorCode, ReinraumError } from '@reinraum/crypto'

type Meaning = readonly [code: ErrorCode, message: string]

const refusedPin: Meaning = ['unauthenticated', 'the token refuses the PIN']
const busy: Meaning = ['conflict', 'this process uses the token already']
const lost: Meaning = ['unavailable', 'the session with the token is lost']
const incapable: Meaning = ['unsupported', 'the token cannot do what a root key needs']
const failing: Meaning = ['unavailable', 'the token does not answer as it should']

// PKCS#11 2.40 base, section 5.1 ("Function return values"), by number: modules differ in which of them they give.
const meanings: Readonly<Record<number, Meaning>> = {
  3: lost, // CKR_SLOT_ID_INVALID
  50: lost, // CKR_DEVICE_REMOVED
  84: incapable, // CKR_FUNCTION_NOT_SUPPORTED
  96: lost, // CKR_KEY_HANDLE_INVALID
  112: incapable, // CKR_MECHANISM_INVALID
  113: incapable, // CKR_MECHANISM_PARAM_INVALID
  160: refusedPin, // CKR_PIN_INCORRECT
  161: refusedPin, // CKR_PIN_INVALID
  162: refusedPin, // CKR_PIN_LEN_RANGE
  163: ['permission-denied', 'the PIN of the token has expired'], // CKR_PIN_EXPIRED
  164: ['permission-denied', 'the PIN of the token is locked'], // CKR_PIN_LOCKED
  176: lost, // CKR_SESSION_CLOSED
  179: lost, // CKR_SESSION_HANDLE_INVALID
  208: incapable, // CKR_TEMPLATE_INCOMPLETE
  209: incapable, // CKR_TEMPLATE_INCONSISTENT
  224: lost, // CKR_TOKEN_NOT_PRESENT
  225: lost, // CKR_TOKEN_NOT_RECOGNIZED
  226: ['permission-denied', 'the token is write-protected'], // CKR_TOKEN_WRITE_PROTECTED
  240: lost, // CKR_UNWRAPPING_KEY_HANDLE_INVALID
  256: busy, // CKR_USER_ALREADY_LOGGED_IN
  257: lost, // CKR_USER_NOT_LOGGED_IN
  258: ['permission-denied', 'the token has no PIN yet'], // CKR_USER_PIN_NOT_INITIALIZED
  260: busy, // CKR_USER_ANOTHER_ALREADY_LOGGED_IN
  275: lost, // CKR_WRAPPING_KEY_HANDLE_INVALID
  400: lost, // CKR_CRYPTOKI_NOT_INITIALIZED
}

/** The CKR_ number that a failed call carries; undefined where the failure is not the token's. */
export function returnValueOf(error: unknown): number | undefined {
  // Some calls of the binding give the number as a property, others only as the end of `CKR_NAME:number`.
  if (!(error instanceof Error)) return undefined
  if ('code' in error && typeof error.code === 'number' && error.code !== 0) return error.code
  const match = /^CKR_\w+:(\d+)$/.exec(error.message)
  return match === null ? undefined : Number(match[1])
}

/** What a failed call means for the service. The message is ours: it holds nothing that the module or its vendor said. */
export function tokenError(error: unknown): ReinraumError {
  if (error instanceof ReinraumError) return error
  const [code, message] = meanings[returnValueOf(error) ?? -1] ?? failing
  return new ReinraumError(code, message, { cause: error })
}

/** True when session and handles are gone: a token may give their numbers to something else from now on. */
export function isSessionLost(error: unknown): boolean {
  return meanings[returnValueOf(error) ?? -1] === lost
}
