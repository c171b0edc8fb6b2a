import { ReinraumError, randomBytes } from '@reinraum/crypto'
import { type PackedSketches, shownCells, strideFor } from '@reinraum/policy'
import { emptyHistory, extendHistory, type HistoryPlace, historyProof } from '@reinraum/statements'
import { refusalOf } from '@reinraum/testing'
import { describe, expect, it } from 'vitest'
import { openEntry, sealEntry } from './entry.ts'
import { type CopyOptions, openCopy } from './history-copy.ts'
import { openSlotHistory } from './slot-history.ts'

const key = randomBytes(32)
const runId = `sha256:${'1'.repeat(64)}`
const kind = { engine: 'duckdb/v1', minimum: 20 }
const placeAt = (keyService: string): HistoryPlace => ({ keyService, contract: `sha256:${'2'.repeat(64)}`, slot: 'visits' })
const place = placeAt('own')
const head = emptyHistory(place)
/** A cell of many units; one with `changed` bits differs from it in so many lanes. */
function cell(seed: number, changed = 0): PackedSketches {
  const sketch = Uint32Array.from({ length: strideFor(20) }, (_, i) => Math.imul(seed * 31 + i, 0x9e3779b1) >>> 0)
  for (let i = 0; i < changed; i++) sketch[i % 4] = ((sketch[i % 4] ?? 0) ^ (1 << (i >> 2))) >>> 0
  return sketch
}

/** What a key service keeps, on the other side of a channel that may be anybody's. */
function channel(at: HistoryPlace = place) {
  const entries: Uint8Array[] = []
  const headOf = () => entries.reduce((before: string, entry) => extendHistory(before, entry), emptyHistory(at))
  const service = {
    readHistory: async ({ after = 0 }: { after?: number }) => ({ entries: entries.slice(after) }),
    appendHistory: async ({ expectedHead = '', entry = new Uint8Array() }: { expectedHead?: string; entry?: Uint8Array }) => {
      if (expectedHead !== headOf()) return { outcome: { case: 'moved', value: {} } }
      entries.push(entry)
      const value = historyProof(key, at, { what: 'appended', run: runId, head: headOf() })
      return { outcome: { case: 'proof', value } }
    },
  }
  const open = (changes: Partial<CopyOptions> & { readonly over?: object } = {}) =>
    openCopy({
      place: at,
      released: { key, entries: entries.length, head: headOf() },
      service: { ...service, ...changes.over } as unknown as CopyOptions['service'],
      runId,
      kind,
      signal: new AbortController().signal,
      ...changes,
    })
  return { entries, open }
}

async function keep(
  copies: readonly ReturnType<ReturnType<typeof channel>['open']>[],
  sketches: readonly PackedSketches[],
  quorum = 1,
) {
  const history = await openSlotHistory({ slot: 'visits', minimum: 20, copies, quorum })
  const admitted = sketches.map((sketch) => history.shown.admit(sketch))
  await history.keep()
  return admitted
}

describe('an entry of a history', () => {
  const sketches = Uint32Array.of(...cell(1), ...cell(2))

  it('opens in its place alone, under its key alone, and has a length that many have', async () => {
    const entry = sealEntry(key, place, head, sketches, kind)
    expect(openEntry(key, place, head, entry, kind)).toEqual(sketches)
    expect(entry.length).toBe(1024)
    expect(sealEntry(key, place, head, new Uint32Array(0), kind).length).toBe(1024)
    const open = (...changed: Parameters<typeof openEntry>) => refusalOf(async () => openEntry(...changed))
    const others = [
      open(randomBytes(32), place, head, entry, kind),
      open(key, placeAt('other'), head, entry, kind),
      open(key, place, extendHistory(head, entry), entry, kind),
      open(
        key,
        place,
        head,
        Uint8Array.from(entry, (byte, i) => (i === 500 ? byte ^ 1 : byte)),
        kind,
      ),
    ]
    for (const refusal of await Promise.all(others)) expect(refusal).toBe('history-unreadable')
  })

  it('of another engine, or another minimum, cannot be compared with', async () => {
    const entry = sealEntry(key, place, head, sketches, kind)
    for (const other of [
      { ...kind, engine: 'duckdb/v2' },
      { ...kind, minimum: 21 },
    ]) {
      expect(await refusalOf(async () => openEntry(key, place, head, entry, other))).toBe('history-unreadable')
    }
  })

  it('holds no more than its key service takes', async () => {
    const many = new Uint32Array(strideFor(20) * 27_000)
    expect(await refusalOf(async () => sealEntry(key, place, head, many, kind))).toBe('history-full')
  })
})

describe('a run that is compared with earlier ones', () => {
  it('knows what they showed, keeps what it adds, and nothing twice', async () => {
    const { entries, open } = channel()
    expect(await keep([open()], [cell(1), cell(2)])).toEqual([true, true])
    expect(await keep([open()], [cell(1, 5), cell(1), cell(3)])).toEqual([false, true, true])
    expect(await keep([open()], [cell(3, 19), cell(3, 20)])).toEqual([false, true])
    const added = shownCells(20)
    for (const sketch of await open().read()) added.learn(sketch)
    expect(entries.length).toBe(3)
  })

  it('goes on when others came first with something else, and not when it is near', async () => {
    const { entries, open } = channel()
    const [one, two, near] = await Promise.all(
      [cell(1), cell(2), cell(1, 3)].map(async (sketch) => {
        const history = await openSlotHistory({ slot: 'visits', minimum: 20, copies: [open()], quorum: 1 })
        expect(history.shown.admit(sketch)).toBe(true)
        return history
      }),
    )
    await one?.keep()
    await two?.keep()
    expect(entries.length).toBe(2)
    expect(await refusalOf(() => near?.keep())).toBe('unavailable')
    expect(entries.length).toBe(2)
  })

  it.each([
    ['leaves the last entry out', { readHistory: async () => ({ entries: [] }) }],
    [
      'says that it kept what it did not',
      { appendHistory: async () => ({ outcome: { case: 'proof', value: randomBytes(32) } }) },
    ],
    ['says nothing', { appendHistory: async () => ({ outcome: { case: undefined } }) }],
  ])('ends when its channel %s', async (_, over) => {
    const { open } = channel()
    await keep([open()], [cell(1)])
    expect(['history-unreadable', 'key-mismatch']).toContain(await refusalOf(() => keep([open({ over })], [cell(2)])))
  })

  it('ends when it is shown another history than the release names', async () => {
    const { entries, open } = channel()
    await keep([open()], [cell(1)])
    const released = { key, entries: 1, head: extendHistory(head, randomBytes(1024)) }
    expect(await refusalOf(() => open({ released }).read())).toBe('history-unreadable')
    expect(await refusalOf(() => open({ released: { ...released, entries: 2 } }).read())).toBe('history-unreadable')
    entries.pop()
    const none = { key, entries: 0, head: extendHistory(head, randomBytes(1024)) }
    expect(await refusalOf(() => open({ released: none }).read())).toBe('history-unreadable')
  })
})

describe('with a key in shares', () => {
  const three = () => ['a', 'b', 'c'].map((id) => channel(placeAt(id)))
  const away = { appendHistory: () => Promise.reject(new ReinraumError('unavailable', 'away')) }

  it('two runs with two of three copies each know of each other', async () => {
    const [a, b, c] = three()
    if (a === undefined || b === undefined || c === undefined) throw new Error('three')
    expect(await keep([a.open(), b.open()], [cell(1)], 2)).toEqual([true])
    expect(await keep([c.open(), b.open()], [cell(1, 4)], 2)).toEqual([false])
    expect([a, b, c].map(({ entries }) => entries.length)).toEqual([1, 2, 1])
  })

  it('one that is away while entries are kept is not needed, and fewer than a quorum are not enough', async () => {
    const [a, b, c] = three()
    if (a === undefined || b === undefined || c === undefined) throw new Error('three')
    expect(await keep([a.open({ over: away }), b.open(), c.open()], [cell(1)], 2)).toEqual([true])
    expect(await refusalOf(() => keep([a.open({ over: away }), b.open()], [cell(2)], 2))).toBe('unavailable')
    expect(await refusalOf(() => keep([a.open()], [cell(2)], 2))).toBe('threshold-not-reached')
  })
})
