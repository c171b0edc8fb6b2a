import { keyCheckValue, ReinraumError, randomBytes, splitSecret, toBase64url } from '@reinraum/crypto'
import { type Manifest, manifestCoreContext, type VerifiedRun } from '@reinraum/statements'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Executor } from '../executor.ts'
import type { Answer } from './ask-key-services.ts'
import { releasingCustodiesOf, type SlotCustody } from './custodies.ts'
import type { OpenedRelease } from './open-released.ts'
import { takeKeys } from './take-keys.ts'

/** The rule of the visits asks for noise, or not. */
const custodiesOfRun = (): readonly SlotCustody[] => {
  const contract = {
    document: {
      slots: [
        { id: 'visits', keyService: { services: ['a', 'b', 'c'], threshold: 2 }, rule: noisy ? { differentialPrivacy: {} } : {} },
        { id: 'areas', keyService: 'own', rule: {} },
      ],
    },
  } as unknown as VerifiedRun['contract']
  return releasingCustodiesOf({ contract, manifests: run.manifests })
}
const away: Answer<never> = { kind: 'failed', error: new ReinraumError('unavailable', 'away') }
let visits: Uint8Array
let areas: Uint8Array
let run: Pick<VerifiedRun, 'run' | 'manifests'>
let answers: Map<string, Answer<OpenedRelease>>
let logged: object[]
let noisy: boolean

beforeEach(async () => {
  logged = []
  noisy = false
  visits = randomBytes(32)
  areas = randomBytes(32)
  const manifests = new Map([
    ['visits', { document: manifestOf('visits', visits) }],
    ['areas', { document: manifestOf('areas', areas) }],
  ])
  run = { run: { id: 'the run' }, manifests } as unknown as typeof run
  const shares = await splitSecret(visits, { shares: 3, threshold: 2 })
  answers = new Map([
    ...['a', 'b', 'c'].map((id, i) => [id, gave('visits', shares[i] as Uint8Array)] as const),
    ['own', gave('areas', Uint8Array.from(areas))],
  ])
})

function manifestOf(slot: string, key: Uint8Array): Manifest {
  const core = { contract: `sha256:${'1'.repeat(64)}`, slot, version: 1, schema: { columns: [] } }
  return { ...core, keyCheck: toBase64url(keyCheckValue(key, manifestCoreContext(core))) } as unknown as Manifest
}

function gave(slot: string, part: Uint8Array): Answer<OpenedRelease> {
  return {
    kind: 'given',
    value: { parts: new Map([[slot, part]]), histories: new Map(), leaseExpiresAt: 0 } as unknown as OpenedRelease,
  }
}

/** All parts that were given, in the order of the key services. */
const given = () => [...answers.values()].flatMap((answer) => (answer.kind === 'given' ? [...answer.value.parts.values()] : []))
const isZero = (bytes: Uint8Array) => bytes.every((byte) => byte === 0)

function take() {
  const log = { warn: (fields: object) => logged.push(fields) } as unknown as Executor['log']
  return takeKeys({ log }, run, custodiesOfRun(), answers)
}

describe('taking the keys of a run', () => {
  it('gives the keys, overwrites all that they came from, and has nothing to say when all was right', async () => {
    const parts = given()
    const taken = await take()
    expect(Object.fromEntries(taken.dataKeys)).toEqual({ visits, areas })
    expect([...taken.given.keys()]).toEqual(['a', 'b', 'c', 'own'])
    expect(parts).toHaveLength(4)
    expect(parts.every(isZero)).toBe(true)
    expect(logged).toEqual([])
  })

  it('names in the log who gave something wrong and who gave nothing, and counts neither', async () => {
    answers.set('b', gave('visits', randomBytes(33)))
    const taken = await take()
    expect([...taken.given.keys()]).toEqual(['a', 'c', 'own'])
    expect(logged).toEqual([{ run: 'the run', refused: { b: 'key-mismatch' } }])
    answers = new Map([...answers, ['c', away]])
    await expect(take()).rejects.toMatchObject({ code: 'unavailable' })
  })

  describe('where each key service keeps a ledger', () => {
    beforeEach(() => {
      noisy = true
    })

    it('takes what all of them gave', async () => {
      expect([...(await take()).given.keys()]).toEqual(['a', 'b', 'c', 'own'])
    })

    it('is refused when one of them denies, though the others make the key', async () => {
      answers.set('c', { kind: 'denied', reason: 'budget-exhausted' })
      const parts = given()
      await expect(take()).rejects.toMatchObject({ code: 'budget-exhausted' })
      expect(parts.every(isZero)).toBe(true)
    })

    it('is refused when one of them gave something wrong', async () => {
      answers.set('b', gave('visits', randomBytes(33)))
      await expect(take()).rejects.toMatchObject({ code: 'threshold-not-reached' })
    })
  })

  it('overwrites everything, also the keys that could be had, when it fails', async () => {
    answers.set('own', gave('areas', randomBytes(32)))
    const parts = given()
    await expect(take()).rejects.toMatchObject({ code: 'key-mismatch' })
    expect(parts.every(isZero)).toBe(true)
    expect(logged).toEqual([{ run: 'the run', refused: { own: 'key-mismatch' } }])
  })

  it('overwrites the histories of those who gave something wrong, and of all when it fails', async () => {
    const histories = new Map(['a', 'b', 'c', 'own'].map((id) => [id, randomBytes(32)] as const))
    for (const [id, key] of histories) {
      const answer = answers.get(id)
      if (answer?.kind !== 'given') continue
      const opened = new Map([['visits', { key, entries: 0, head: '' }]])
      answers.set(id, { kind: 'given', value: { ...answer.value, histories: opened } })
    }
    const wrong = answers.get('b')
    if (wrong?.kind === 'given')
      answers.set('b', { ...wrong, value: { ...wrong.value, parts: new Map([['visits', randomBytes(33)]]) } })
    await take()
    expect([...histories].filter(([, key]) => isZero(key)).map(([id]) => id)).toEqual(['b'])
    answers.set('own', gave('areas', randomBytes(32)))
    await expect(take()).rejects.toMatchObject({ code: 'key-mismatch' })
    expect(['a', 'c'].every((id) => isZero(histories.get(id) as Uint8Array))).toBe(true)
  })

  it('fails for good when wrong shares leave too few, and for now when one more might help', async () => {
    answers.set('b', gave('visits', randomBytes(33)))
    answers.set('c', gave('visits', randomBytes(33)))
    await expect(take()).rejects.toMatchObject({ code: 'threshold-not-reached' })
    answers.set('c', away)
    await expect(take()).rejects.toMatchObject({ code: 'unavailable' })
  })
})
