import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { approveResult, inspectResult, openResult, readTable, rejectResult } from '@reinraum/client'
import type { Contract } from '@reinraum/statements'
import { describe, expect, it } from 'vitest'
import {
  approve,
  type CleanRoom,
  propose,
  query,
  readyToRun,
  reviewAndOpen,
  sealBoth,
  settle,
  start,
} from '../harness/clean-room.ts'
import { useCleanRooms } from '../harness/use-clean-rooms.ts'

const rooms = useCleanRooms()

async function deposited(clean: CleanRoom): Promise<string> {
  const runId = await start(clean, await readyToRun(clean))
  expect((await settle(clean, runId)).state).toBe('awaiting-review')
  return runId
}

describe('a result', () => {
  it('stays shut until its review, and appears nowhere half-written', async () => {
    const clean = await rooms.open()
    const runId = await deposited(clean)
    const file = join(clean.directory, 'early.parquet')
    await expect(openResult(clean.sessions.analyst, clean.contract, runId, file)).rejects.toMatchObject({
      code: 'review-pending',
    })
    const { gateLayer } = await clean.sessions.analyst.release.getResult({ runId })
    expect(Buffer.from(gateLayer).toString()).not.toContain('"recipients"')
    expect(existsSync(file)).toBe(false)
    expect((await reviewAndOpen(clean, runId)).rowCount).toBe(3)
  })

  it('opens for nobody but its recipients', async () => {
    const clean = await rooms.open()
    const runId = await deposited(clean)
    await approveResult(clean.sessions.reviewer, clean.contract, runId)
    for (const party of ['health', 'survey', 'reviewer', 'outsider'] as const) {
      const attempt = openResult(clean.sessions[party], clean.contract, runId, join(clean.directory, `${party}.parquet`))
      await expect(attempt).rejects.toMatchObject({
        code: expect.stringMatching(/^(not-found|permission-denied|recipient-not-allowed|unknown-member)$/),
      })
      expect(existsSync(join(clean.directory, `${party}.parquet`))).toBe(false)
    }
  })

  it('does not open for someone who takes the recipient’s sealed key', async () => {
    const clean = await rooms.open()
    const runId = await deposited(clean)
    await approveResult(clean.sessions.reviewer, clean.contract, runId)
    // The thief has the analyst's session, and so every byte that `release` gives it, but its own decryption key.
    const thief = { ...clean.sessions.analyst, identity: { ...clean.identities.analyst, hpke: clean.identities.outsider.hpke } }
    const attempt = openResult(thief, clean.contract, runId, join(clean.directory, 'stolen.parquet'))
    await expect(attempt).rejects.toMatchObject({ code: 'decryption-failed' })
    expect(existsSync(join(clean.directory, 'stolen.parquet'))).toBe(false)
  })

  it('is reviewed by the reviewer only', async () => {
    const clean = await rooms.open()
    const runId = await deposited(clean)
    for (const party of ['analyst', 'health', 'outsider'] as const) {
      await expect(approveResult(clean.sessions[party], clean.contract, runId)).rejects.toMatchObject({ name: 'ReinraumError' })
    }
    const forged = { runId, decision: { case: 'openedLayer' as const, value: new TextEncoder().encode('{"recipients":{}}') } }
    await expect(clean.sessions.reviewer.release.submitReview(forged)).rejects.toMatchObject({ name: 'ReinraumError' })
    expect((await reviewAndOpen(clean, runId)).rowCount).toBe(3)
  })

  it('that was rejected never opens', async () => {
    const clean = await rooms.open()
    const runId = await deposited(clean)
    expect((await rejectResult(clean.sessions.reviewer, runId, 'too detailed')).state).toBe('rejected')
    await expect(approveResult(clean.sessions.reviewer, clean.contract, runId)).rejects.toMatchObject({ name: 'ReinraumError' })
    const attempt = openResult(clean.sessions.analyst, clean.contract, runId, join(clean.directory, 'rejected.parquet'))
    await expect(attempt).rejects.toMatchObject({ code: 'review-rejected' })
  })

  it('can be inspected by a reviewer where the contract says so, and only by that one', async () => {
    const clean = await rooms.open({
      change: (contract) => ({
        ...contract,
        results: { ...contract.results, reviewers: [{ member: 'reviewer', mode: 'inspect' }] },
      }),
    })
    const runId = await deposited(clean)
    const seen = await inspectResult(clean.sessions.reviewer, clean.contract, runId, join(clean.directory, 'inspected.parquet'))
    expect((await readTable(seen.file)).rows).toHaveLength(3)
    const attempt = inspectResult(clean.sessions.analyst, clean.contract, runId, join(clean.directory, 'peek.parquet'))
    await expect(attempt).rejects.toMatchObject({ code: 'permission-denied' })
  })

  it('passes two reviewers in the contract’s order', async () => {
    const clean = await rooms.open({
      change: (contract) => ({
        ...contract,
        members: contract.members.map((m) => (m.id === 'survey' ? { ...m, roles: ['owner', 'reviewer'] } : m)),
        results: {
          ...contract.results,
          reviewers: [
            { member: 'survey', mode: 'approve' },
            { member: 'reviewer', mode: 'approve' },
          ],
        },
      }),
    })
    const runId = await deposited(clean)
    await expect(approveResult(clean.sessions.reviewer, clean.contract, runId)).rejects.toMatchObject({ name: 'ReinraumError' })
    expect(await approveResult(clean.sessions.survey, clean.contract, runId)).toEqual({
      state: 'awaiting-review',
      nextReviewer: 'reviewer',
    })
    expect((await reviewAndOpen(clean, runId)).rowCount).toBe(3)
  })

  it('longer than the rules allow is none', async () => {
    const means = Array.from({ length: 30 }, (_, i) => `avg(v.cost) AS mean_${i}`).join(', ')
    const wide = { ...query, sql: query.sql.replace('avg(v.cost) AS mean_cost', means) }
    const asked = async (maxBytes: number) => {
      const change = (contract: Contract): Contract => {
        const slots = contract.slots.map(({ rule, ...slot }) => ({
          ...slot,
          rule: { ...rule, output: { ...rule.output, maxBytes } },
        }))
        return { ...contract, slots }
      }
      const clean = await rooms.open({ change })
      await sealBoth(clean)
      const queryId = await propose(clean, wide)
      await approve(clean, queryId)
      return settle(clean, await start(clean, queryId))
    }
    expect(await asked(1024)).toMatchObject({ state: 'failed', reason: 'run-failed' })
    expect(await asked(100_000)).toMatchObject({ state: 'awaiting-review' })
  })
})
