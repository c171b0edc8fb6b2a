import { readdir, readFile, writeFile } from 'node:fs/promises'
import { readTable } from '@reinraum/client'
import { expect, it } from 'vitest'
import { expectedAnswer } from '../../harness/visits.ts'
import { type Life, text } from './life.ts'

/** Runs, their results and receipts. */
export function runsAreAnswered({ as, at, known, offline }: Life): void {
  it('a run waits for its reviewer and is opened in three formats, each with the receipt that proves it', async () => {
    const start = await as.analyst.json('run', 'start', known.query, '--contract', known.contract, '--set', 'floor=120')
    expect(start).toMatchObject({ exitCode: 0, value: { state: 'queued' } })
    known.run = text(start.value.runId)
    const status = () => as.analyst.json('run', 'status', known.run)
    await expect.poll(async () => (await status()).value.state, { timeout: 60_000 }).toBe('awaiting-review')
    expect((await as.survey('run', 'status', known.run)).out).toMatch(/^state +awaiting-review$/m)

    const result = (file: string, ...more: string[]) => [
      ...['run', 'result', known.run, '--contract', known.contract, '--out', at(file)],
      ...more,
    ]
    expect(await as.analyst.json(...result('early.csv'))).toMatchObject({
      exitCode: 2,
      value: { error: { code: 'review-pending' } },
    })
    const review = ['result', 'review', '--contract', known.contract]
    expect((await as.reviewer(...review)).out).toContain(known.run)
    expect((await as.reviewer.json(...review)).value.reviews).toHaveLength(1)
    expect(await as.reviewer('result', 'review', known.run, '--contract', known.contract)).toMatchObject({
      exitCode: 0,
      out: expect.stringMatching(/^state +released$/m),
    })

    const csv = await as.analyst(...result('answer.csv', '--receipt', at('receipt.json'), '--wait'))
    expect(csv).toMatchObject({ exitCode: 0, out: expect.stringContaining('receipt valid, SIMULATED hardware') })
    expect((await as.analyst.json(...result('answer.json'))).value.rowCount).toBe(3)
    expect((await as.analyst(...result('answer.parquet'))).exitCode).toBe(0)
    const expected = expectedAnswer(120)
    expect((await readFile(at('answer.csv'), 'utf8')).trim().split('\n')).toEqual([
      'district,visits,mean_cost',
      ...expected.map(([district, visits, mean]) => `${district},${visits},${Number.isInteger(mean) ? mean.toFixed(1) : mean}`),
    ])
    const rows = JSON.parse(await readFile(at('answer.json'), 'utf8')) as { district: string }[]
    expect(rows.map(({ district }) => district)).toEqual(expected.map(([district]) => district))
    expect((await readTable(at('answer.parquet'))).rows).toEqual(expected)

    expect(await as.analyst.json(...result('answer.csv'))).toMatchObject({
      exitCode: 1,
      value: { error: { code: 'already-exists' } },
    })
    expect(await as.survey.json(...result('stolen.csv'))).toMatchObject({ exitCode: 2 })
    expect((await readdir(at('.'))).filter((name) => /early|stolen|\.reinraum/.test(name))).toEqual([])
  })

  it('the receipt is checked offline, and not one byte of it can change', async () => {
    expect(await offline('receipt', 'verify', at('receipt.json'))).toMatchObject({ exitCode: 0, err: '' })
    const { value } = await offline.json('receipt', 'verify', at('receipt.json'))
    expect(value).toMatchObject({ valid: true, hardware: false, receipt: { run: known.run } })
    const bytes = await readFile(at('receipt.json'))
    // Inside the longest base64url run there is: a signature or evidence.
    const middle = Math.floor(bytes.length / 2)
    bytes[middle] = bytes[middle] === 0x41 ? 0x42 : 0x41
    await writeFile(at('spoilt.json'), bytes)
    expect(await offline('receipt', 'verify', at('spoilt.json'))).toMatchObject({
      exitCode: 2,
      out: expect.stringContaining('receipt INVALID'),
    })
  })

  it('a second run is followed to its end, with the review of it at another desk', async () => {
    const waiting = as.analyst.json(
      ...['run', 'start', known.query, '--contract', known.contract, '--set', 'floor=0', '--wait'],
      ...['--out', at('second.json'), '--receipt', at('second.receipt.json')],
    )
    const review = ['result', 'review', '--contract', known.contract]
    const pending = async () => (await as.reviewer.json(...review)).value.reviews as unknown as readonly { runId: string }[]
    await expect.poll(async () => (await pending()).length, { timeout: 60_000 }).toBe(1)
    const [first] = await pending()
    expect((await as.reviewer.json('result', 'review', first?.runId ?? '', '--contract', known.contract)).value.state).toBe(
      'released',
    )
    expect(await waiting).toMatchObject({ exitCode: 0, value: { rowCount: 3, receipt: { valid: true } } })
  })
}
