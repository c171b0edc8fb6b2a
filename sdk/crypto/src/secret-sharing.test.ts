import { describe, expect, test } from 'vitest'
import { constantTimeEqual, randomBytes } from './bytes.ts'
import { combineShares, maximumShares, shareOverhead, splitSecret } from './secret-sharing.ts'

const secret = randomBytes(32)
const isSecret = (candidate: Uint8Array) => constantTimeEqual(candidate, secret)
const never = () => false

/** All subsets of the positions 0 to `count` − 1, as bit masks. */
const masks = (count: number) => Array.from({ length: 2 ** count }, (_, mask) => mask)
const pick = <T>(items: readonly T[], mask: number): T[] => items.filter((_, index) => (mask >> index) & 1)

/** The share with one bit of its value turned, still under its own number. */
/** Another value at the same place, which comes last. One byte that is wrong in two shares could cancel out. */
function spoilt(share: Uint8Array): Uint8Array {
  const copy = randomBytes(share.length)
  copy.set(share.subarray(-1), share.length - 1)
  return copy
}

describe('a secret in shares', () => {
  test('comes back from every subset that reaches the threshold, and from no smaller one', async () => {
    const shares = await splitSecret(secret, { shares: 5, threshold: 3 })
    for (const mask of masks(5)) {
      const some = pick(shares, mask)
      if (some.length >= 3) expect(await combineShares(some, 3, isSecret)).toEqual({ secret, wrong: [] })
      else await expect(combineShares(some, 3, isSecret)).rejects.toMatchObject({ code: 'threshold-not-reached' })
    }
  })

  test('is not what fewer shares than the threshold interpolate to', async () => {
    const shares = await splitSecret(secret, { shares: 3, threshold: 3 })
    for (const mask of [3, 5, 6]) {
      await expect(combineShares(pick(shares, mask), 2, isSecret)).rejects.toMatchObject({ code: 'share-invalid' })
    }
  })

  test('has shares one byte longer than itself, which no two have alike, and others each time', async () => {
    const first = await splitSecret(secret, { shares: maximumShares, threshold: 2 })
    const second = await splitSecret(secret, { shares: maximumShares, threshold: 2 })
    expect(first.map((share) => share.length)).toEqual(Array(maximumShares).fill(secret.length + shareOverhead))
    expect(new Set([...first, ...second].map((share) => share.join()))).toHaveLength(2 * maximumShares)
    expect(new Set(first.map((share) => share.at(-1)))).toHaveLength(maximumShares)
  })

  test('may be a Buffer, and so may its shares', async () => {
    const shares = await splitSecret(Buffer.from(secret), { shares: 3, threshold: 2 })
    const buffers = shares.map((share) => Buffer.from(share))
    expect((await combineShares(buffers, 2, isSecret)).wrong).toEqual([])
  })

  test.each([
    ['a threshold of one', { shares: 3, threshold: 1 }],
    ['a threshold above the number of shares', { shares: 3, threshold: 4 }],
    ['more shares than are ever made', { shares: maximumShares + 1, threshold: 2 }],
    ['a threshold that is no number', { shares: 3, threshold: Number.NaN }],
  ])('is not split with %s', async (_, how) => {
    await expect(splitSecret(secret, how)).rejects.toMatchObject({ code: 'invalid-argument' })
  })

  test('is not split when it is empty, and not combined by a threshold that is none', async () => {
    await expect(splitSecret(new Uint8Array(0), { shares: 3, threshold: 2 })).rejects.toMatchObject({ code: 'invalid-argument' })
    const shares = await splitSecret(secret, { shares: 3, threshold: 2 })
    for (const threshold of [0, 1, Number.NaN]) {
      await expect(combineShares(shares, threshold, isSecret)).rejects.toMatchObject({ code: 'invalid-argument' })
    }
    const many = Array.from({ length: maximumShares + 1 }, () => randomBytes(33))
    await expect(combineShares(many, 2, never)).rejects.toMatchObject({ code: 'invalid-argument' })
  })
})

describe('wrong shares', () => {
  test('are named wherever they stand, as long as enough right ones are there', async () => {
    const shares = await splitSecret(secret, { shares: 5, threshold: 3 })
    for (const mask of masks(5)) {
      const given = shares.map((share, index) => ((mask >> index) & 1 ? spoilt(share) : share))
      const wrong = [...shares.keys()].filter((index) => (mask >> index) & 1)
      if (wrong.length <= 2) expect(await combineShares(given, 3, isSecret)).toEqual({ secret, wrong })
      else await expect(combineShares(given, 3, isSecret)).rejects.toMatchObject({ code: 'share-invalid' })
    }
  })

  test.each([
    ['random bytes', () => randomBytes(33)],
    ['another length', () => randomBytes(32)],
    ['nothing at all', () => new Uint8Array(0)],
    ['zeros', () => new Uint8Array(33)],
    ['the share of another split', async () => (await splitSecret(secret, { shares: 2, threshold: 2 }))[0] as Uint8Array],
  ])('of every kind are found: %s', async (_, make) => {
    const [first, second] = (await splitSecret(secret, { shares: 3, threshold: 2 })) as [Uint8Array, Uint8Array, Uint8Array]
    expect(await combineShares([await make(), first, second], 2, isSecret)).toEqual({ secret, wrong: [0] })
  })

  test('are also those that somebody else gave already', async () => {
    const [first, second] = (await splitSecret(secret, { shares: 3, threshold: 2 })) as [Uint8Array, Uint8Array, Uint8Array]
    await expect(combineShares([first, first], 2, isSecret)).rejects.toMatchObject({ code: 'share-invalid' })
    expect((await combineShares([first, first, second], 2, isSecret)).secret).toEqual(secret)
  })

  test('leave no wrong secret behind: each candidate that is refused is overwritten', async () => {
    const shares = await splitSecret(secret, { shares: 4, threshold: 2 })
    const seen: Uint8Array[] = []
    const refuse = (candidate: Uint8Array) => {
      seen.push(candidate)
      return false
    }
    await expect(combineShares(shares, 2, refuse)).rejects.toMatchObject({ code: 'share-invalid' })
    expect(seen).toHaveLength(6)
    expect(seen.every((candidate) => candidate.every((byte) => byte === 0))).toBe(true)
  })

  test('are found out after every four of eight were tried once, even where all are wrong', async () => {
    const right = await splitSecret(secret, { shares: maximumShares, threshold: 4 })
    // All are of different places, as those of eight services are.
    const shares = right.map(spoilt)
    let tried = 0
    const refuse = () => {
      tried += 1
      return false
    }
    await expect(combineShares(shares, 4, refuse)).rejects.toMatchObject({ code: 'share-invalid' })
    expect([maximumShares, tried]).toEqual([8, 70])
  })
})
