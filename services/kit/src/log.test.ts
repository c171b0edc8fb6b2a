import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ReinraumError } from '@reinraum/crypto'
import { expect, onTestFinished, test } from 'vitest'
import { createLog } from './log.ts'

function logged(write: (log: ReturnType<typeof createLog>) => void): { readonly text: string; readonly file: string } {
  const folder = mkdtempSync(join(tmpdir(), 'reinraum-log-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'service.log')
  write(createLog({ level: 'info', file }, 'governance'))
  return { text: readFileSync(file, 'utf8'), file }
}

test('a line is written before the call returns, as JSON, for the owner only', () => {
  const { text, file } = logged((log) => log.info({ run: 'r' }, 'started'))
  expect(JSON.parse(text)).toMatchObject({ level: 'info', service: 'governance', run: 'r', msg: 'started' })
  expect(statSync(file).mode & 0o077).toBe(0)
})

test('our own errors are logged with code, message and cause; foreign ones without their text', () => {
  const cause = new TypeError('Conversion Error: could not convert string "canary" to INT32')
  const { text } = logged((log) => {
    log.error({ err: new ReinraumError('run-failed', 'the run failed', { cause }) }, 'x')
    log.error({ err: cause }, 'y')
    log.error({ error: cause }, 'z')
    log.error(cause, 'a fixed text')
    log.error({ err: 'canary' }, 'w')
  })
  expect(text).not.toContain('canary')
  const first = JSON.parse(text.split('\n')[0] ?? '')
  expect(first.err).toMatchObject({ code: 'run-failed', message: 'the run failed', cause: { type: 'TypeError' } })
  expect(first.err.cause.at.length).toBeGreaterThan(0)
})

test('an error whose message has many lines leaves none of them in its stack', () => {
  const error = new Error('first\n    at canary (file.ts:1:1)\nlast canary')
  expect(logged((log) => log.error({ err: error }, 'x')).text).not.toContain('canary')
})

test('an error passed alone does not become the line’s text', () => {
  expect(logged((log) => log.error(new Error('canary'))).text).not.toContain('canary')
})

test('what is named like a secret is not written', () => {
  const names = ['key', 'privateKey', 'seed', 'token', 'authorization', 'secret', 'password', 'body', 'data', 'plaintext', 'sql']
  const { text } = logged((log) => {
    for (const name of names) {
      log.info({ [name]: 'canary' }, 'top')
      log.info({ nested: { [name]: 'canary' } }, 'nested')
    }
  })
  expect(text).not.toContain('canary')
})
