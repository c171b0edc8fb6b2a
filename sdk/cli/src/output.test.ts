import { Writable } from 'node:stream'
import { ReinraumError } from '@reinraum/crypto'
import { expect, it } from 'vitest'
import { lines, type Output, table, writeError, writeOutput } from './output.ts'

function shown(write: (io: Parameters<typeof writeOutput>[0]) => void): string {
  let text = ''
  const stream = () =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        text += chunk.toString('utf8')
        done()
      },
    })
  write({ out: stream(), err: stream(), now: () => new Date(0), defaults: {} })
  return text
}

const show = (output: Output, json = false) => shown((io) => writeOutput(io, json, output))

it('what another party wrote cannot move the cursor, erase a line or turn the reading direction', () => {
  const sql = 'SELECT count(*)\n\tFROM a -- \u001b[1A\u001b[2K\u009b2K\r\u202e\u200b'
  const visible = 'SELECT count(*)\n\tFROM a -- \\u001b[1A\\u001b[2K\\u009b2K\\u000d\\u202e\\u200b\n'
  expect(show({ text: sql, json: null })).toBe(visible)
  const refusal = new ReinraumError('guard-refused', 'a column \u001b[8m')
  expect(shown((io) => writeError(io, false, refusal))).toBe('reinraum: a column \\u001b[8m (guard-refused)\n')
})

it('what nobody can see is shown, so that two names that look alike are told apart', () => {
  expect(show({ text: 'Klinik\u3164\u034f\ufe0f\u17b4 Süd', json: null })).toBe('Klinik\\u3164\\u034f\\ufe0f\\u17b4 Süd\n')
})

it('as JSON it says the same and does as little', () => {
  const json = { title: 'a\n\u001b[2K\u009b2K\u202e\u{e0041}é' }
  const text = show({ text: '', json }, true)
  expect(text).toMatch(/^[\n\P{C}]+$/u)
  expect(JSON.parse(text)).toEqual(json)
})

it('a value of several lines does not look like further values', () => {
  expect(
    lines([
      ['name', 'Strikes\nexecutors  hardware only'],
      ['executors', 'SIMULATED'],
    ]),
  ).toBe('name       Strikes\n           executors  hardware only\nexecutors  SIMULATED')
  expect(table(['TITLE', 'QUERY'], [['one\ntwo', 'x']])).toBe('TITLE    QUERY\none two  x')
})
