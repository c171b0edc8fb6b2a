import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomBytes } from '@reinraum/crypto'
import { expect, onTestFinished, test } from 'vitest'
import { type Asked, beginPending, ciphertextPath, findPending, fingerprint, savePending } from './pending.ts'

const plain: Asked = { clusterBy: null, withinBounds: false, lineage: null, keyCheck: null, deposit: true }
const all: Asked = {
  clusterBy: 'day',
  withinBounds: true,
  lineage: { dataset: 'visits', periods: [1, 2] },
  keyCheck: 'a',
  deposit: false,
}

/** An upload of a dataset version that was sealed to its end in this way, and what is found of it by who asks for another. */
async function sealed(asked: Asked) {
  const directory = await mkdtemp(join(tmpdir(), 'reinraum-pending-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  const file = join(directory, 'visits.csv')
  await writeFile(file, 'day\n1\n')
  const [state, upload] = [join(directory, 'state'), randomBytes(16)]
  const attempt = { contract: 'c', slot: 'visits', source: await fingerprint(file), asked }
  const ciphertext = await ciphertextPath(state, attempt.contract, attempt.slot)
  await writeFile(ciphertext, 'ciphertext')
  const record = { ...attempt, ciphertext, upload }
  const saved = await savePending(state, { ...record, manifest: Buffer.from('{}') })
  return {
    file,
    state,
    upload,
    record,
    saved,
    find: async (change: Partial<typeof attempt> = {}) => {
      const source = await fingerprint(file)
      return findPending(state, { ...attempt, source, ...change })
    },
  }
}

test.each([plain, all])('an upload is continued where the same is asked for again: %j', async (asked) => {
  const { find, upload, record } = await sealed(asked)
  expect(await find({ asked: structuredClone(asked) })).toMatchObject({
    upload,
    sealed: { upload, ciphertext: record.ciphertext, manifest: Buffer.from('{}') },
  })
})

test.each([
  ['another order', { clusterBy: 'day' }],
  ['rows within bounds', { withinBounds: true }],
  ['a name for its budget', { lineage: { dataset: 'visits', periods: [1] } }],
  ['a key of the owner’s', { keyCheck: 'a' }],
  ['a key that is not deposited', { deposit: false }],
] satisfies [string, Partial<Asked>][])(
  'it is not, but can be discarded, where %s is asked for now, or was before',
  async (_, more) => {
    const before = await sealed(plain)
    expect(await before.find({ asked: { ...plain, ...more } })).toEqual({ sealed: undefined, upload: before.upload })
    const after = await sealed({ ...plain, ...more })
    expect(await after.find({ asked: plain })).toEqual({ sealed: undefined, upload: after.upload })
  },
)

test('it is not where the file has changed, the ciphertext is gone, or it was never sealed to its end', async () => {
  const changed = await sealed(plain)
  await writeFile(changed.file, 'day\n1\n2\n')
  expect(await changed.find()).toEqual({ sealed: undefined, upload: changed.upload })
  const gone = await sealed(plain)
  await rm(gone.record.ciphertext)
  expect(await gone.find()).toEqual({ sealed: undefined, upload: gone.upload })
  const begun = await sealed(plain)
  await beginPending(begun.state, begun.record)
  expect(await begun.find()).toEqual({ sealed: undefined, upload: begun.upload })
})

test('it is not found for another slot or contract, nor once it was discarded, which leaves nothing', async () => {
  const { find, saved, state } = await sealed(plain)
  expect(await find({ slot: 'districts' })).toBeUndefined()
  expect(await find({ contract: 'd' })).toBeUndefined()
  await saved.discard()
  expect(await find()).toBeUndefined()
  expect(await readdir(state)).toEqual([])
})
