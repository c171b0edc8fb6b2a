import { keyCheckValue, randomBytes, splitSecret, toBase64url } from '@reinraum/crypto'
import { type Manifest, manifestCoreContext } from '@reinraum/statements'
import { beforeEach, describe, expect, it } from 'vitest'
import { combineKeys } from './combine-keys.ts'
import type { SlotCustody } from './custodies.ts'

const visits: SlotCustody = { slot: 'visits', services: ['a', 'b', 'c'], threshold: 2 }
const districts: SlotCustody = { slot: 'districts', services: ['a'], threshold: 1 }
const costs: SlotCustody = { slot: 'costs', services: ['own'], threshold: 1 }
const everything = [visits, districts, costs]

type Parts = Record<string, Record<string, Uint8Array>>
let keys: Record<string, Uint8Array>
let manifests: ReadonlyMap<string, { readonly document: Manifest }>
let parts: Parts

beforeEach(async () => {
  keys = Object.fromEntries(everything.map(({ slot }) => [slot, randomBytes(32)]))
  manifests = new Map(everything.map(({ slot }) => [slot, { document: manifestOf(slot, keys[slot] as Uint8Array) }]))
  const [a, b, c] = (await splitSecret(keys.visits as Uint8Array, { shares: 3, threshold: 2 })) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ]
  parts = {
    a: { visits: a, districts: Uint8Array.from(keys.districts as Uint8Array) },
    b: { visits: b },
    c: { visits: c },
    own: { costs: Uint8Array.from(keys.costs as Uint8Array) },
  }
})

/** Only what combining reads; whether a manifest is complete is tested where manifests are verified. */
function manifestOf(slot: string, key: Uint8Array): Manifest {
  const core = { contract: `sha256:${'1'.repeat(64)}`, slot, version: 1, schema: { columns: [] } }
  return { ...core, keyCheck: toBase64url(keyCheckValue(key, manifestCoreContext(core))) } as unknown as Manifest
}

async function combine(given: Parts, custodies = everything) {
  const asMaps = new Map(Object.entries(given).map(([id, slots]) => [id, new Map(Object.entries(slots))]))
  const { dataKeys, wrong, complete } = await combineKeys(custodies, manifests, asMaps)
  return { keys: Object.fromEntries(dataKeys), wrong: [...wrong], complete }
}

const without = (...ids: string[]): Parts => Object.fromEntries(Object.entries(parts).filter(([id]) => !ids.includes(id)))
const random = () => randomBytes(33)

describe('the keys of a run', () => {
  it('come from all key services together', async () => {
    expect(await combine(parts)).toEqual({ keys, wrong: [], complete: true })
  })

  it('come from as many as it takes, whichever is missing', async () => {
    expect(await combine(without('b'))).toEqual({ keys, wrong: [], complete: true })
    expect(await combine(without('c'))).toEqual({ keys, wrong: [], complete: true })
    expect(await combine({ b: parts.b ?? {}, c: parts.c ?? {} }, [visits])).toMatchObject({ complete: true })
  })

  it('are incomplete below a threshold, or without the one key service of a slot', async () => {
    const { keys: had, wrong, complete } = await combine(without('b', 'c'))
    expect({ had: Object.keys(had).sort(), wrong, complete }).toEqual({ had: ['costs', 'districts'], wrong: [], complete: false })
    expect(await combine(without('own'))).toMatchObject({ wrong: [], complete: false })
  })

  it('are copies: overwriting what was given leaves them', async () => {
    const combined = await combine(parts)
    for (const slots of Object.values(parts)) for (const part of Object.values(slots)) part.fill(0)
    expect(combined.keys).toEqual(keys)
  })
})

describe('a key service that gives something wrong', () => {
  it('is named, and the others are enough', async () => {
    for (const share of [random(), randomBytes(32), new Uint8Array(0)]) {
      expect(await combine({ ...parts, c: { visits: share } })).toEqual({ keys, wrong: ['c'], complete: true })
    }
  })

  it('is named where it alone holds the key, and nothing replaces it', async () => {
    for (const key of [randomBytes(32), randomBytes(33), new Uint8Array(0)]) {
      const combined = await combine({ ...parts, own: { costs: key } })
      expect(combined).toMatchObject({ wrong: ['own'], complete: false })
      expect(Object.keys(combined.keys).sort()).toEqual(['districts', 'visits'])
    }
  })

  it('is trusted for no other slot either', async () => {
    const liar = { ...parts.a, visits: random() }
    expect(await combine({ ...parts, a: liar })).toMatchObject({ wrong: ['a'], complete: false })
    expect(await combine({ ...parts, a: liar }, [visits])).toMatchObject({ wrong: ['a'], complete: true })
  })

  it('cannot be told from the others where no right key comes about: then nobody is named', async () => {
    expect(await combine({ ...without('b'), c: { visits: random() } })).toMatchObject({ wrong: [], complete: false })
    const two = { ...parts, b: { visits: random() }, c: { visits: random() } }
    expect(await combine(two)).toMatchObject({ wrong: [], complete: false })
  })

  it('gains nothing from the key of another dataset version', async () => {
    const old = randomBytes(32)
    expect(await combine({ ...parts, own: { costs: old } }, [costs])).toMatchObject({ keys: {}, complete: false })
  })
})
