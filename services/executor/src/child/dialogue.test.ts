import { PassThrough } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type Answer, converse } from './dialogue.ts'

/** What is heard of a child that says these pieces, and whether it was ended for them. */
async function heardOf(pieces: readonly string[], answers: readonly Answer[] = []) {
  const [stdin, stdout] = [new PassThrough(), new PassThrough()]
  let kills = 0
  const heard = converse(stdin, stdout, { job: '{}', answers, kill: () => kills++ })
  const outcome = Promise.race([
    heard.outcome,
    nextTurn()
      .then(nextTurn)
      .then(() => 'none'),
  ])
  for (const piece of pieces) stdout.write(piece)
  return { outcome: await outcome, last: heard.last(), kills }
}

test('an outcome is heard when its line ends, and ends the child', async () => {
  const outcome = { rowCount: 3 }
  expect(await heardOf(['{"rowCount"', ':3}\n'])).toEqual({ outcome, last: outcome, kills: 1 })
})

test('the line of a child that ended without its end is its last one', async () => {
  expect(await heardOf(['{"rowCount":3}'])).toEqual({ outcome: 'none', last: { rowCount: 3 }, kills: 0 })
})

test.each([
  ['goes on after its outcome', ['{"rowCount":3}\n{"rowCount":4}\n'], []],
  ['says something else', ['{"rowCount":-3}\n'], []],
  ['says too much', [' '.repeat(5000)], []],
  ['says an outcome before it has asked', ['{"rowCount":3}\n'], [() => Promise.reject(new Error('no cells'))]],
] as const)('a child that %s has none, and is ended', async (_, pieces, answers) => {
  expect(await heardOf(pieces, answers)).toEqual({ outcome: 'none', last: undefined, kills: 1 })
})
