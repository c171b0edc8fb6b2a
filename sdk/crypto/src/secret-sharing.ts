import { combine, split } from 'shamir-secret-sharing'
import { constantTimeEqual, zeroise } from './bytes.ts'
import { ReinraumError } from './reinraum-error.ts'

/** One byte more than the secret: the last says which share it is. */
export const shareOverhead = 1
/** As many shares as are ever made; trying the subsets of them stays cheap. */
export const maximumShares = 8

/**
 * Splits a secret into `shares` shares, any `threshold` of which give it back and fewer say nothing (Shamir over GF(2⁸)).
 * A share has one byte more than the secret. The caller overwrites them.
 * @throws ReinraumError `invalid-argument` unless 2 ≤ threshold ≤ shares ≤ 8
 */
export async function splitSecret(
  secret: Uint8Array,
  { shares, threshold }: { readonly shares: number; readonly threshold: number },
): Promise<Uint8Array[]> {
  if (!(threshold >= 2 && threshold <= shares && shares <= maximumShares) || secret.length === 0) {
    throw new ReinraumError(
      'invalid-argument',
      `a secret is split into at most ${maximumShares} shares, of which at least 2 are needed`,
    )
  }
  // The library takes a plain Uint8Array and no subclass of it, which a Buffer is.
  return split(new Uint8Array(secret.buffer, secret.byteOffset, secret.length), shares, threshold)
}

/** A secret that was put together, and which of the given shares do not belong to it (their positions). */
export interface CombinedSecret {
  readonly secret: Uint8Array
  readonly wrong: readonly number[]
}

/**
 * Puts a secret together from at least `threshold` shares, some of which may be wrong: Shamir alone would then give a wrong
 * secret in silence, so each subset is tried until one passes `isRight`. The caller overwrites the secret.
 * @throws ReinraumError `invalid-argument` for a threshold below 2 or more than 8 shares, `threshold-not-reached` when there are
 *   too few shares, `share-invalid` when no subset gives the secret
 */
export async function combineShares(
  shares: readonly Uint8Array[],
  threshold: number,
  isRight: (secret: Uint8Array) => boolean,
): Promise<CombinedSecret> {
  if (!(threshold >= 2) || shares.length > maximumShares)
    throw new ReinraumError('invalid-argument', 'this is no threshold of these shares')
  if (shares.length < threshold)
    throw new ReinraumError('threshold-not-reached', `${shares.length} of ${threshold} shares are there`)
  const plain = shares.map((share) => new Uint8Array(share.buffer, share.byteOffset, share.length))
  for (const chosen of subsets(plain, threshold)) {
    const secret = await tryCombine(chosen)
    if (secret === undefined) continue
    if (isRight(secret)) return { secret, wrong: await wrongAmong(plain, chosen, secret) }
    zeroise(secret)
  }
  throw new ReinraumError('share-invalid', 'no combination of these shares gives the secret')
}

/** A share lies on the polynomial of the right ones exactly when it can stand in for one of them. */
async function wrongAmong(
  shares: readonly Uint8Array[],
  right: readonly Uint8Array[],
  secret: Uint8Array,
): Promise<readonly number[]> {
  const wrong: number[] = []
  for (const [index, share] of shares.entries()) {
    if (right.includes(share)) continue
    const again = await tryCombine([...right.slice(1), share])
    if (again === undefined || !constantTimeEqual(again, secret)) wrong.push(index)
    if (again !== undefined) zeroise(again)
  }
  return wrong
}

/** Undefined when the shares do not fit each other at all: other lengths, or the same one twice. */
async function tryCombine(shares: readonly Uint8Array[]): Promise<Uint8Array | undefined> {
  try {
    return await combine([...shares])
  } catch {
    return undefined
  }
}

/** All choices of `size` out of `items`, in order. */
function* subsets<T>(items: readonly T[], size: number): Generator<T[]> {
  if (size === 0) {
    yield []
    return
  }
  for (const [index, first] of items.entries()) {
    for (const rest of subsets(items.slice(index + 1), size - 1)) yield [first, ...rest]
  }
}
