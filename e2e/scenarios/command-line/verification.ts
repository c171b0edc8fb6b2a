import { appendFile, readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { writeExecutorEvidence } from '../../harness/executor-evidence.ts'
import type { Life } from './life.ts'

/** What partners find out about key services and executors before they contribute anything. */
export function othersAreVerified({ as, at, known, offline, rooms }: Life): void {
  it('partners verify the key services and the executor before they contribute anything', async () => {
    const keys = await as.survey('keys', 'verify', '--contract', known.contract)
    expect(keys).toMatchObject({ exitCode: 0, out: expect.stringContaining('affirming, SIMULATED hardware') })
    expect((await as.survey.json('keys', 'verify', '--contract', known.contract)).value.keyServices).toHaveLength(2)
    const executor = await as.survey('executor', 'verify', '--contract', at('contract.json'))
    expect(executor).toMatchObject({ exitCode: 0, out: expect.stringContaining('affirming, SIMULATED hardware') })
    const { value } = await as.survey.json('executor', 'verify', '--contract', known.contract)
    expect(value).toMatchObject({ status: 'affirming', hardware: false })
  })

  it('a partner that remembers a newer list refuses an older one, of key services and executors', async () => {
    for (const [words, reported] of [
      [['keys', 'verify'], 'err'],
      [['executor', 'verify'], 'out'],
    ] as const) {
      const floors = at(`${words[0]}.floors`)
      const verify = [...words, '--contract', known.contract, '--floors', floors]
      expect(await as.survey(...verify)).toMatchObject({ exitCode: 0, err: '' })
      const seen = await readFile(floors, 'utf8')
      expect(seen).toMatch(/^crl\/[0-9a-f]{64}\/[0-9a-f]{64} 1\n$/)
      expect((await as.survey(...verify)).exitCode).toBe(0)
      await appendFile(floors, seen.replace(/ 1\n$/, ' 2\n'))
      const older = await as.survey(...verify)
      expect([older.exitCode, older[reported]]).toEqual([2, expect.stringContaining('crl-number-below-floor')])
    }
  })

  it('and what an executor answered is judged again, offline, from files', async () => {
    const given = { folder: at('evidence'), identity: at('survey.json'), contractId: known.contract }
    const { argv, reportData } = await writeExecutorEvidence(rooms.room, given)
    const { exitCode, out, err } = await offline(...argv, '--report-data', reportData)
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
    expect(out.split('\n')[0]).toBe('affirming, SIMULATED hardware')
    for (const check of ['pinned-root: simulated root', 'report-signature', 'measurement', 'report-data']) {
      expect(out).toContain(`  ✓ ${check}`)
    }
    expect(out).toContain(`measurement  ${rooms.room.platform.measurements.executor}`)
    expect((await offline.json(...argv, '--report-data', reportData)).value.ear_status).toBe('affirming')
    expect(await offline(...argv, '--report-data', '00'.repeat(64))).toMatchObject({
      exitCode: 2,
      out: expect.stringMatching(/^contraindicated, SIMULATED hardware\n {2}refused: report-data-mismatch\n/),
    })
  })
}
