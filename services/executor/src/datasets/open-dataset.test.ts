import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { digestId, ReinraumError, randomBytes, seal } from '@reinraum/crypto'
import { type CiphertextSource, createEnvelopeThreads } from '@reinraum/envelope'
import { type Manifest, type ManifestCore, manifestCoreContext, type Verified } from '@reinraum/statements'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { patiently } from '../run/patiently.ts'
import { keptCiphertext } from './ciphertext-source.ts'
import { type Engine, startEngine } from './testing/engine.ts'
import { sourceOf } from './testing/sealed-file.ts'
import { scanOf } from './testing/unsealing.ts'
import { type SealedSlot, type Trying, unsealSlots } from './unseal-slots.ts'

const envelopes = createEnvelopeThreads({ threads: 1 })
const never = new AbortController().signal
const once: Trying = (step) => step()
let engine: Engine
let plaintext: Uint8Array
beforeAll(async () => {
  engine = await startEngine()
  plaintext = (await engine.parquet('SELECT i AS a, hash(i) AS b, hash(i + 1) AS c, hash(i + 2) AS d FROM range(40000) t(i)'))
    .bytes
})
afterAll(() => Promise.all([engine.close(), envelopes.close()]))

const core = (slot: string, version = 1): ManifestCore => ({
  contract: digestId(new Uint8Array(1)),
  slot,
  version,
  schema: { columns: [{ name: 'a', type: 'BIGINT' }] },
})

/** A dataset version as its owner seals it, and the store it is in. */
function sealed(slot: string, { version = 1, key = randomBytes(32) } = {}) {
  const ciphertext = seal(plaintext, { key, context: manifestCoreContext(core(slot, version)) })
  const document = { ...core(slot, version), object: digestId(ciphertext), length: ciphertext.length }
  return { slot, key, ciphertext, manifest: { document } as unknown as Verified<Manifest> }
}

type Sealed = ReturnType<typeof sealed>

let folders = 0
async function unseal(datasets: readonly Sealed[], open: (object: string) => CiphertextSource, trying = once) {
  folders += 1
  const directory = await mkdtemp(join(engine.directory, `${folders}-`))
  const slots: SealedSlot[] = datasets.map(({ slot, key, manifest }) => ({
    manifest,
    key,
    file: join(directory, slot),
    scans: [scanOf(['a'])],
  }))
  await unsealSlots(slots, {
    ciphertexts: { openCiphertext: open, envelopes },
    trying,
    keeping: undefined,
    reservation: { pageBytes: 4096, requireRoom: () => {} },
    signal: never,
  })
  return directory
}

const storeOf = (...held: readonly (readonly [object: string, ciphertext: Uint8Array])[]) => {
  const objects = new Map(held)
  return (object: string): CiphertextSource => {
    const ciphertext = objects.get(object)
    if (ciphertext !== undefined) return sourceOf(ciphertext)
    return {
      // biome-ignore lint/correctness/useYield: an object that is not there has no first piece
      async *read() {
        throw new ReinraumError('not-found', 'no such object')
      },
    }
  }
}
const asStored = ({ manifest, ciphertext }: Sealed) => [manifest.document.object, ciphertext] as const

describe('datasets of a run', () => {
  it('are unsealed next to each other, from a store or from a file of this machine', async () => {
    const [one, other] = [sealed('one'), sealed('other')]
    const directory = await unseal([one, other], storeOf(asStored(one), asStored(other)))
    for (const slot of ['one', 'other']) {
      const rows = await engine.rows(`SELECT sum(a)::BIGINT FROM read_parquet('${join(directory, slot)}')`)
      expect(rows).toEqual([['799980000']])
    }
    const file = join(engine.directory, 'object')
    await writeFile(file, one.ciphertext)
    const local = await unseal([one], () => ({ file }))
    expect(await readFile(join(local, 'one'))).toEqual(await readFile(join(directory, 'one')))
  })

  it('end in a refusal when one is not what its manifest names', async () => {
    const [one, newer] = [sealed('one'), sealed('one', { version: 2 })]
    const [sameKey, otherSlot] = [sealed('one', { version: 2, key: one.key }), sealed('two', { key: one.key })]
    const put = (ciphertext: Uint8Array) => unseal([one], storeOf([one.manifest.document.object, ciphertext]))
    for (const { ciphertext } of [newer, sameKey, otherSlot])
      await expect(put(ciphertext)).rejects.toMatchObject({ code: 'decryption-failed' })
    await expect(put(one.ciphertext.slice(0, -1))).rejects.toMatchObject({ code: 'ciphertext-mismatch' })
    const emptyFolder = await keptCiphertext({ kind: 'folder', path: engine.directory })
    for (const without of [storeOf(), emptyFolder])
      await expect(unseal([one], without)).rejects.toMatchObject({ code: 'not-found' })
    const footer = one.ciphertext.length - 200
    for (const at of [3, 40, 70, footer]) {
      const flipped = one.ciphertext.with(at, (one.ciphertext[at] ?? 0) ^ 1)
      await expect(put(flipped), `byte ${at}`).rejects.toMatchObject({ code: 'decryption-failed' })
    }
  })

  it('end in a refusal when the store gives other bytes than those that are asked for', async () => {
    const one = sealed('one')
    const giving = (change: (piece: Uint8Array) => Uint8Array): CiphertextSource => ({
      async *read(offset, length, signal) {
        const source = sourceOf(one.ciphertext)
        if ('read' in source) for await (const piece of source.read(offset, length, signal)) yield change(piece)
      },
    })
    const endless: CiphertextSource = {
      async *read() {
        for (;;) yield new Uint8Array(1 << 20)
      },
    }
    for (const source of [giving((piece) => piece.slice(1)), giving((piece) => Buffer.concat([piece, piece])), endless]) {
      await expect(unseal([one], () => source)).rejects.toMatchObject({ code: 'decryption-failed' })
    }
  })

  it('are tried again where that may help, and a file that was begun is no obstacle', async () => {
    const one = sealed('one')
    let failures = 2
    const flaky: CiphertextSource = {
      async *read(offset, length, signal) {
        const source = sourceOf(one.ciphertext)
        for await (const piece of 'read' in source ? source.read(offset, length, signal) : []) {
          yield piece
          if (offset > 1000 && failures > 0) {
            failures -= 1
            throw new ReinraumError('unavailable', 'the store went away')
          }
        }
      },
    }
    await unseal(
      [one],
      () => flaky,
      (step, signal) => patiently(step, signal, [1, 1, 1]),
    )
    expect(failures).toBe(0)
  })

  it('are given up together', async () => {
    const [one, stuck] = [sealed('one'), sealed('stuck')]
    const hanging: CiphertextSource = {
      async *read(_offset, _length, signal) {
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      },
    }
    const open = (object: string) => (object === stuck.manifest.document.object ? hanging : storeOf()(object))
    await expect(unseal([one, stuck], open)).rejects.toMatchObject({ code: 'not-found' })
  })
})
