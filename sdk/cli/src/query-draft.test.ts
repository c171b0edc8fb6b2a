import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isReinraumError } from '@reinraum/crypto'
import { expect, onTestFinished, test } from 'vitest'
import { type QueryOptions, readQueryDraft } from './query-draft.ts'

/** What a draft in this file says that it spends, or why it is refused. */
async function spends(name: string, content: string, options: QueryOptions = {}): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'reinraum-draft-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, name)
  writeFileSync(file, content)
  try {
    return (await readQueryDraft(file, options)).privacy
  } catch (error) {
    return isReinraumError(error) ? error.message.replace(`${file}: `, '') : error
  }
}

test('a draft says what it spends in its file or beside it', async () => {
  expect(await spends('q.yaml', 'sql: SELECT 1\nprivacy: {epsilon: 0.5, delta: 1e-9}\n')).toEqual({ epsilon: 0.5, delta: 1e-9 })
  expect(await spends('q.sql', 'SELECT 1', { epsilon: '0.25' })).toEqual({ epsilon: 0.25, delta: 0 })
  expect(await spends('q.sql', 'SELECT 1', { epsilon: '1', delta: '1e-6' })).toEqual({ epsilon: 1, delta: 1e-6 })
  expect(await spends('q.sql', 'SELECT 1')).toBeUndefined()
})

test('what is wrong with it is said with its place and its fix', async () => {
  const finer = 'privacy.epsilon: is finer than 0.000001; write six digits after the point at most'
  expect(await spends('q.yaml', 'sql: SELECT 1\nprivacy: {epsilon: 0.1234567, delta: 0}\n')).toBe(finer)
  expect(await spends('q.sql', 'SELECT 1', { epsilon: '0.1234567' })).toBe(finer)
  expect(await spends('q.sql', 'SELECT 1', { epsilon: 'much' })).toBe('privacy.epsilon: is of the wrong type; write a number')
  expect(await spends('q.sql', 'SELECT 1', { delta: '1e-9' })).toMatch(/^privacy.epsilon: is /)
})
