import { Writable } from 'node:stream'
import { expect, it } from 'vitest'
import { progressBar } from './progress-bar.ts'

/** What is shown of work that is told of each second, a tenth more of it each time. */
function shown(how: { readonly tty?: boolean; readonly json?: boolean }, seconds: number): readonly string[] {
  const texts: string[] = []
  let clock = 0
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      texts.push(chunk.toString('utf8'))
      done()
    },
  })
  const err = Object.assign(stream, { isTTY: how.tty ?? false })
  const io = { out: stream, err, now: () => new Date(clock), defaults: {} }
  const bar = progressBar({ io, global: { json: how.json ?? false }, progress: (text) => texts.push(text) })
  for (let i = 0; i <= seconds; i++, clock += 1000) bar.part('sealed', i * 2e6, i / 10)
  return texts
}

it('on a terminal, the rate and the time left are always shown, from two seconds on', () => {
  expect(shown({ tty: true }, 1)).toEqual([])
  expect(shown({ tty: true }, 4)).toEqual([
    `sealed ${'█'.repeat(6)}${'░'.repeat(24)} 4.0 MB, 2.0 MB/s, 8 s left`,
    `sealed ${'█'.repeat(9)}${'░'.repeat(21)} 6.0 MB, 2.0 MB/s, 7 s left`,
    `sealed ${'█'.repeat(12)}${'░'.repeat(18)} 8.0 MB, 2.0 MB/s, 6 s left`,
  ])
})

it('elsewhere there is a line every five seconds, and none for programs', () => {
  expect(shown({}, 1)).toEqual([])
  expect(shown({}, 10).map((line) => line.slice(-12))).toEqual(
    [', 8 s left\n', ', 3 s left\n'].map((end) => expect.stringContaining(end)),
  )
  expect(shown({ json: true, tty: true }, 10)).toEqual([])
})

it('of an upload that is continued, only what is sent now counts for the rate', () => {
  const texts: string[] = []
  let clock = 0
  const err = Object.assign(new Writable(), { isTTY: true })
  const io = { out: err, err, now: () => new Date(clock), defaults: {} }
  const bar = progressBar({ io, global: {}, progress: (text) => texts.push(text) })
  bar.whole('uploaded', 900e6, 1000e6)
  clock = 10_000
  bar.whole('uploaded', 950e6, 1000e6)
  expect(texts).toEqual([expect.stringContaining('950.0 MB of 1000.0 MB, 5.0 MB/s, 10 s left')])
})
