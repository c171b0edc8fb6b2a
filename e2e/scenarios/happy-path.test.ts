import { readFile } from 'node:fs/promises'
import { readTable, verifyExecutor, verifyKeyService, verifyReceiptBundle } from '@reinraum/client'
import { expect, it } from 'vitest'
import { readyToRun, reviewAndOpen, settle, start } from '../harness/clean-room.ts'
import { useCleanRooms } from '../harness/use-clean-rooms.ts'
import { expectedAnswer } from '../harness/visits.ts'

const rooms = useCleanRooms()

it('two owners get one answer to the analyst, and everyone can check what happened', async () => {
  const clean = await rooms.open()
  const { sessions, contract } = clean

  const shared = await verifyKeyService(sessions.survey, contract, 'shared-keys')
  expect(shared.appraisal).toMatchObject({ status: 'affirming', hardware: false })
  expect(await verifyExecutor(sessions.health, contract)).toMatchObject({ status: 'affirming', hardware: false })

  const queryId = await readyToRun(clean)
  const runId = await start(clean, queryId, { parameters: { floor: 120 } })
  expect((await settle(clean, runId)).state).toBe('awaiting-review')
  const opened = await reviewAndOpen(clean, runId)

  const table = await readTable(opened.file)
  const expected = expectedAnswer(120)
  expect(table.columns).toEqual(['district', 'visits', 'mean_cost'])
  expect(table.rows).toEqual(expected.map(([district, visits, mean]) => [district, visits, mean]))
  expect(table.rows.map(([district]) => district)).not.toContain('Western district')

  const offline = await verifyReceiptBundle(opened.receiptBundle)
  expect(offline.checks.filter(({ passed }) => !passed)).toEqual([])
  expect(offline).toMatchObject({ valid: true, appraisal: { hardware: false } })
  const another = { contract: `sha256:${'0'.repeat(64)}` }
  expect((await verifyReceiptBundle(opened.receiptBundle, another)).checks.at(-1)).toMatchObject({
    name: 'contract',
    passed: false,
  })
  expect(await verifyReceiptBundle(opened.receiptBundle, { contract: contract.id })).toMatchObject({ valid: true })
  expect((await readFile(opened.file)).length).toBeGreaterThan(0)
})

it('a second run of the same approved query gives the same bytes of answer', async () => {
  const clean = await rooms.open()
  const queryId = await readyToRun(clean)
  const answers = []
  for (let i = 0; i < 2; i++) {
    const runId = await start(clean, queryId)
    await settle(clean, runId)
    answers.push(await readFile((await reviewAndOpen(clean, runId)).file))
  }
  expect(answers[0]?.equals(answers[1] ?? Buffer.alloc(0))).toBe(true)
})
