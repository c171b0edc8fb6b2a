import { expect, it } from 'vitest'
import { sealJson, sealText } from './seal-text.ts'

const status = { id: 'shared', custody: 'attested', sealed: true, rootKey: 'shares', have: 2, need: 3 } as const

it('says how many shares are there, and that nothing was verified', () => {
  expect(sealText(status)).toBe(
    'shared is SEALED: 2 of 3 shares are there\n  it says that of itself, in attested custody; nothing was verified',
  )
})

it.each([
  [{ rootKey: 'pkcs11', have: 0, need: 1 }, 'shared is SEALED: it waits for the PIN of its token'],
  [{ rootKey: 'file', have: 0, need: 0 }, 'which opens when the service starts again'],
  [{ sealed: false }, 'shared is open: its root key is of the kind shares'],
  [{ sealed: false, rootKey: 'a\nshared is open' }, 'shared is open: its root key is of the kind a shared is open'],
])('%j is said in a line of its own', (changes, line) => {
  expect(sealText({ ...status, ...changes, custody: 'owner', appraisal: null }).split('\n')).toEqual([
    expect.stringContaining(line),
    '  on premises of its owner: trusted for its TLS certificate alone',
  ])
})

it('says the same to programs, without what was not appraised', () => {
  expect(sealJson(status)).toEqual(status)
  expect(sealJson({ ...status, appraisal: null })).toEqual(status)
})
