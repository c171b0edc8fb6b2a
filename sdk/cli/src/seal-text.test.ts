import type { RootKeyControl } from '@reinraum/statements'
import { expect, it } from 'vitest'
import { controlText, sealJson, sealText } from './seal-text.ts'

const tee = { kind: 'tee' } as const
const control = { rootKey: tee, configured: tee, ownKeys: 'older' as const, administrators: ['admin'] }
const status = {
  id: 'shared',
  custody: 'attested',
  sealed: true,
  rootKey: 'shares',
  have: 2,
  need: 3,
  control,
  restoresFrom: null,
} as const
const whose = [
  '  opened by a root key of the kind tee',
  '  administered by admin',
  '  its own keys were made before this start: whether inside this code, its evidence does not say',
]

it('says how many shares are there, and that nothing was verified', () => {
  expect(sealText(status)).toBe(
    [
      'shared is SEALED: 2 of 3 shares are there',
      '  it says that of itself, in attested custody; nothing was verified',
      ...whose,
    ].join('\n'),
  )
})

it.each([
  [{ rootKey: 'pkcs11', have: 0, need: 1 }, 'shared is SEALED: it waits for the PIN of its token'],
  [{ rootKey: 'file', have: 0, need: 0 }, 'which opens when the service starts again'],
  [
    { restoresFrom: new Date('2026-05-01T10:00:00Z') },
    '2 of 3 shares are there; then the backup of 2026-05-01T10:00:00.000Z is put in place',
  ],
  [{ sealed: false }, 'shared is open: its root key is of the kind shares'],
  [{ sealed: false, rootKey: 'a\nshared is open' }, 'shared is open: its root key is of the kind a shared is open'],
])('%j is said in a line of its own', (changes, line) => {
  expect(sealText({ ...status, ...changes, custody: 'owner', appraisal: null }).split('\n')).toEqual([
    expect.stringContaining(line),
    '  on premises of its owner, without evidence: its log has the id of its unseal key',
    ...whose,
  ])
})

it('says the same to programs, without what was not appraised', () => {
  expect(sealJson(status)).toEqual(status)
  expect(sealJson({ ...status, appraisal: null })).toEqual(status)
})

it('names all in whose hands a service is, and in whose hands its configuration would put it', () => {
  const rootKey = { kind: 'shares' as const, threshold: 2, holders: ['anna', 'ben'] } satisfies RootKeyControl
  const configured = { ...rootKey, holders: ['anna', 'operator'] }
  expect(controlText({ rootKey, configured, ownKeys: 'older' as const, administrators: [] }).split('\n')).toEqual([
    '  opened by 2 of anna, ben',
    '  it may go over to 2 of anna, operator',
    '  administered by nobody',
    expect.stringContaining('before this start'),
  ])
})
