import { concatBytes } from '@reinraum/crypto'
import fc from 'fast-check'
import { expect } from 'vitest'
import { isAcceptable } from '../../result.ts'
import { type GoodEvidence, judge } from './good-evidence.ts'
import { type Part, partsOf } from './parts.ts'

export function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const at = bit >> 3
  return bytes.with(at, (bytes[at] ?? 0) ^ (1 << (bit & 7)))
}

type Mutation = readonly [what: string, bytes: Uint8Array]

/** Other bytes: a bit flipped, bytes replaced, taken out, put in or moved, or the end cut off. */
export function mutationOf(bytes: Uint8Array): fc.Arbitrary<Mutation> {
  const last = Math.max(0, bytes.length - 1)
  const at = fc.integer({ min: 0, max: last })
  const few = fc.uint8Array({ minLength: 1, maxLength: 8 })
  const cut = (from: number, to: number, between: Uint8Array) => concatBytes(bytes.subarray(0, from), between, bytes.subarray(to))
  const none = new Uint8Array(0)
  return fc
    .oneof(
      {
        weight: 6,
        arbitrary: fc.integer({ min: 0, max: last * 8 + 7 }).map((bit): Mutation => [`bit ${bit}`, flipped(bytes, bit)]),
      },
      fc.tuple(at, few).map(([from, more]): Mutation => [`${more} at ${from}`, cut(from, from + more.length, more)]),
      fc.tuple(at, few).map(([from, more]): Mutation => [`${more} put in at ${from}`, cut(from, from, more)]),
      fc
        .tuple(at, fc.integer({ min: 1, max: 64 }))
        .map(([from, n]): Mutation => [`${n} out at ${from}`, cut(from, from + n, none)]),
      at.map((length): Mutation => [`cut at ${length}`, bytes.subarray(0, length)]),
      fc.tuple(at, at).map(([from, to]): Mutation => [`${from} copied to ${to}`, bytes.with(to, bytes[from] ?? 0)]),
    )
    .filter(([, changed]) => Buffer.compare(changed, bytes) !== 0)
}

/** Nothing that an attacker changes in acceptable evidence leaves it acceptable, unless it still says the same. */
export async function expectNoMutationPasses(
  good: GoodEvidence,
  runs: { readonly numRuns: number; readonly seed?: number },
): Promise<void> {
  expect(isAcceptable(await judge(good))).toBe(true)
  const parts = partsOf(good)
  // By its number, so that a failure does not print the whole of the evidence.
  const mutation = fc
    .integer({ min: 0, max: parts.length - 1 })
    .chain((index) => mutationOf(parts[index]?.bytes ?? new Uint8Array(0)).map((changed) => [index, ...changed] as const))
  await fc.assert(
    fc.asyncProperty(mutation, async ([index, what, bytes]) => {
      const part = parts[index]
      if (part === undefined) return
      const result = await judge(part.replaced(bytes))
      const passes = isAcceptable(result) || result.status !== 'contraindicated'
      if (passes && !part.saysTheSame(bytes)) throw new Error(`${part.name} passes with ${what}`)
    }),
    runs,
  )
}

/** The same for one bit in each byte of each part, and for the part cut off at every sixteenth. */
export async function expectNoFlipPasses(good: GoodEvidence): Promise<void> {
  expect(isAcceptable(await judge(good))).toBe(true)
  for (const part of singlePartsOf(good)) {
    for (let at = 0; at < part.bytes.length; at += 1) {
      const changed = [flipped(part.bytes, 8 * at + (at % 8)), ...(at % 16 === 0 ? [part.bytes.subarray(0, at)] : [])]
      for (const bytes of changed) {
        if (isAcceptable(await judge(part.replaced(bytes))) && !part.saysTheSame(bytes)) {
          throw new Error(`${part.name} passes with byte ${at} changed or left out`)
        }
      }
    }
  }
}

/** Parts of two pieces of acceptable evidence of one kind, mixed: no mixture is acceptable. */
export async function expectNoMixturePasses(
  a: GoodEvidence,
  b: GoodEvidence,
  runs: { readonly numRuns: number; readonly seed?: number },
): Promise<void> {
  for (const whole of [a, b]) expect(isAcceptable(await judge(whole))).toBe(true)
  const ofB = new Map(singlePartsOf(b).map(({ name, bytes }) => [name, bytes]))
  // Two platforms of one kind have the same TCB info: only what differs can be mixed.
  const differing = singlePartsOf(a).filter(({ name, bytes }) => Buffer.compare(bytes, ofB.get(name) ?? bytes) !== 0)
  const names = differing.map(({ name }) => name)
  const some = fc.subarray([...names.keys()], { minLength: 1, maxLength: names.length - 1 })
  const mixed = fc.asyncProperty(some, async (taken) => {
    let mixture = a
    for (const name of taken.map((index) => names[index])) {
      const [part, bytes] = [singlePartsOf(mixture).find((one) => one.name === name), ofB.get(name ?? '')]
      if (part !== undefined && bytes !== undefined) mixture = part.replaced(bytes)
    }
    const passes = isAcceptable(await judge(mixture))
    if (passes) throw new Error(`passes with ${taken.map((index) => names[index]).join(', ')} of the other`)
  })
  await fc.assert(mixed, { ...runs, examples: [...names.keys()].map((index): [number[]] => [[index]]) })
}

/** Without the text of the collateral, whose fields are parts of their own. */
function singlePartsOf(good: GoodEvidence): readonly Part[] {
  return partsOf(good).filter(({ name }) => name !== 'collateral')
}
