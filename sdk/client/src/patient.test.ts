import { ReinraumError } from '@reinraum/crypto'
import { GovernanceService, KeysService } from '@reinraum/proto'
import type { Client } from '@reinraum/rpc'
import { expect, it } from 'vitest'
import { patient } from './patient.ts'

/** The calls of a connection that is down for so many calls, and what came through it. */
function connection(down: number, code: 'unavailable' | 'not-found' = 'unavailable') {
  const asked: string[] = []
  const call = (name: string) => async () => {
    asked.push(name)
    if (asked.length <= down) throw new ReinraumError(code, '127.0.0.1:1 is not reachable')
    return {}
  }
  const names = [...GovernanceService.methods, ...KeysService.methods].map(({ localName }) => [localName, call(localName)])
  return { asked, client: { ...Object.fromEntries(names), close: () => undefined } }
}

it('what only reads is asked again while a service restarts', async () => {
  const { asked, client } = connection(3)
  await patient(GovernanceService, client as Client<typeof GovernanceService>, 'governance').getRun({ runId: '' })
  expect(asked).toEqual(['getRun', 'getRun', 'getRun', 'getRun'])
})

it('what changes something is asked once', async () => {
  for (const method of ['startRun', 'revoke', 'proposeContract', 'challengeExecutor'] as const) {
    const { asked, client } = connection(9)
    const calls = patient(GovernanceService, client as Client<typeof GovernanceService>, 'governance')
    await expect(calls[method]({})).rejects.toMatchObject({ code: 'unavailable' })
    expect(asked).toEqual([method])
  }
})

it('a service that stays away is named', async () => {
  const { asked, client } = connection(99)
  const calls = patient(KeysService, client as Client<typeof KeysService>, 'keys/shared-keys')
  const message = 'keys/shared-keys: 127.0.0.1:1 is not reachable'
  await expect(calls.getServiceEvidence({})).rejects.toMatchObject({ code: 'unavailable', message })
  expect(asked).toHaveLength(6)
})

it('an answer is an answer, also a refusal', async () => {
  const { asked, client } = connection(9, 'not-found')
  const calls = patient(GovernanceService, client as Client<typeof GovernanceService>, 'governance')
  await expect(calls.getContract({})).rejects.toMatchObject({ code: 'not-found' })
  expect(asked).toHaveLength(1)
})

it('someone who stops waiting is not kept', async () => {
  const { client } = connection(99)
  const calls = patient(GovernanceService, client as Client<typeof GovernanceService>, 'governance')
  const waiting = calls.listQueries({}, { signal: AbortSignal.timeout(50) })
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' })
})
