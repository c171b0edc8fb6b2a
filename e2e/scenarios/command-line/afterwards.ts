import { expect, it } from 'vitest'
import { type Life, text } from './life.ts'

/** What can be read and undone once runs are over. */
export function lifeEnds({ as, known, rooms }: Life): void {
  it('the logs of the key services say who got which keys, and what was done to them, in chains that anybody can verify', async () => {
    const log = await as.analyst('keys', 'log', '--contract', known.contract)
    expect({ exitCode: log.exitCode, err: log.err }).toEqual({ exitCode: 0, err: '' })
    expect(log.out).toMatch(
      new RegExp(`^[^ ]+  released visits  analyst  ${known.run}  ${known.query}  sha256:[0-9a-f]{64}  SIMULATED$`, 'm'),
    )
    expect(log.out).toMatch(/^[^ ]+ {2}destruction-cancelled +health, key [A-Za-z0-9_-]{43} {2}visits sha256:/m)
    const { value } = await as.survey.json('keys', 'log', '--contract', known.contract)
    expect(value.keyServices).toMatchObject([
      { verified: true, broken: null },
      { verified: true, broken: null },
    ])
  })

  it('a queued run is taken back, a finished one is not', async () => {
    await rooms.room.kill('executor')
    const start = ['run', 'start', known.query, '--contract', known.contract, '--set', 'floor=0']
    const { value } = await as.analyst.json(...start)
    expect((await as.health('run', 'cancel', text(value.runId))).exitCode).toBe(2)
    expect(await as.analyst.json('run', 'cancel', text(value.runId))).toMatchObject({
      exitCode: 0,
      value: { state: 'cancelled' },
    })
    expect(await as.analyst('run', 'status', text(value.runId))).toMatchObject({ exitCode: 2 })
    expect(await as.analyst(...start)).toMatchObject({ exitCode: 0, out: expect.stringContaining('queued') })
    expect(await as.analyst('run', 'cancel', known.run)).toMatchObject({ exitCode: 1, out: expect.stringContaining('completed') })
  })

  it('what an owner revokes is refused from then on', async () => {
    const revoke = ['revoke', '--contract', known.contract, '--reason', 'changed our mind']
    expect(await as.health(...revoke)).toMatchObject({ exitCode: 1 })
    const revoked = await as.health.json(...revoke, '--approval', known.approval)
    expect(revoked).toMatchObject({ exitCode: 0, value: { deliveries: [{ failed: null }, { failed: null }, { failed: null }] } })
    expect(await as.analyst.json('run', 'start', known.query, '--contract', known.contract, '--set', 'floor=0')).toMatchObject({
      exitCode: 2,
      value: { error: { code: 'approval-revoked' } },
    })
    expect((await as.health(...revoke, '--dataset', known.manifest)).exitCode).toBe(0)
    // The same under the group of the keys, for those who look for it there.
    expect(await as.health('keys', ...revoke, '--member', 'analyst')).toMatchObject({ exitCode: 0 })
    expect((await as.health.json('keys', ...revoke, '--whole-contract')).value.deliveries).toHaveLength(3)
  })
}
