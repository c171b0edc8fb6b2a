import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { randomBytes, toBase64url } from '@reinraum/crypto'
import {
  type Contract,
  type DifferentialPrivacy,
  parseStatement,
  type Query,
  type Run,
  type RunBundleBytes,
  signerOf,
  signStatement,
} from '@reinraum/statements'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CleanRoom, query } from '../harness/clean-room.ts'
import { type CommandLine, commandLine } from '../harness/command-line.ts'
import { outcomeOf, type RogueExecutor, rogueExecutor } from '../harness/rogue-executor.ts'
import { useCleanRooms } from '../harness/use-clean-rooms.ts'
import { visitsCsv } from '../harness/visits.ts'

const rooms = useCleanRooms()
const noise: DifferentialPrivacy = {
  epsilonBudget: 1,
  deltaBudget: 1e-9,
  maxEpsilonPerQuery: 0.5,
  mechanism: 'discreteLaplace',
  accounting: 'basic',
  refresh: 'never',
}

let rogue: RogueExecutor
/** The rule of health's visits asks for noise. */
let clean: CleanRoom
let as: Readonly<Record<'health' | 'analyst' | 'outsider', CommandLine>>
let manifest: string

beforeAll(async () => {
  rogue = await rogueExecutor(rooms.room)
  clean = await rooms.open({ change: askingForNoise })
  const line = async (party: 'health' | 'analyst' | 'outsider') => {
    const identity = join(clean.directory, `${party}.json`)
    await writeFile(identity, JSON.stringify(clean.identities[party]), { mode: 0o600 })
    return commandLine({ room: rooms.room.roomFile, identity })
  }
  as = { health: await line('health'), analyst: await line('analyst'), outsider: await line('outsider') }
})
afterAll(() => rogue.close())

function askingForNoise(contract: Contract): Contract {
  const slots = contract.slots.flatMap((slot) =>
    slot.id === 'visits'
      ? [{ ...slot, rule: { ...slot.rule, modes: ['aggregation' as const], differentialPrivacy: noise } }]
      : [],
  )
  return { ...contract, slots }
}

const contract = () => ['--contract', clean.contract.id]
const show = (party: keyof typeof as) => as[party].json('budget', 'show', ...contract())

/** A release of the visits' key for a run of a query that spends so much: whatever becomes of the run. */
async function spend(epsilon: number): Promise<string> {
  const { request } = await rogue.prepare(await bundleOf(epsilon), 'health-keys')
  return outcomeOf(await rogue.keys('health-keys').releaseKeys(request))
}

async function bundleOf(epsilon: number): Promise<RunBundleBytes> {
  const signer = signerOf(clean.identities.analyst)
  const [version] = (await clean.sessions.health.governance.listManifests({ contractId: clean.contract.id })).manifests
  const now = Date.now()
  const asked: Query = {
    kind: 'reinraum/query/v1',
    contract: clean.contract.id,
    by: 'analyst',
    ...query,
    parameters: [...query.parameters],
    slots: ['visits'],
    privacy: { epsilon, delta: 0 },
    createdAt: new Date(now).toISOString(),
  }
  const signed = await signStatement(asked, signer)
  const run: Run = {
    kind: 'reinraum/run/v1',
    contract: clean.contract.id,
    query: parseStatement(signed).id,
    by: 'analyst',
    parameters: { floor: 0 },
    versions: { visits: manifest },
    recipients: ['analyst'],
    validity: { notBefore: new Date(now - 1000).toISOString(), notAfter: new Date(now + 600_000).toISOString() },
    nonce: toBase64url(randomBytes(32)),
  }
  const statements = { contract: clean.contract.bytes, query: signed, run: await signStatement(run, signer) }
  return { ...statements, decisions: [], manifests: [version ?? expect.fail()], revocations: [] }
}

describe('a dataset whose rule asks for noise', () => {
  it('is sealed under its own name, or not at all', async () => {
    const file = join(clean.directory, 'visits.csv')
    await writeFile(file, visitsCsv())
    const seal = ['dataset', 'seal', file, ...contract(), '--slot', 'visits', '--state', join(clean.directory, 'state')]
    const nameless = await as.health(...seal)
    expect(nameless).toMatchObject({ exitCode: 1, err: expect.stringContaining('which dataset it is') })
    const wrong = await as.health(...seal, '--dataset', 'visits', '--periods', '2,x')
    expect(wrong).toMatchObject({ exitCode: 1, err: expect.stringContaining('periods[1]: is of the wrong type') })
    const { value } = await as.health.json(...seal, '--dataset', 'visits')
    expect(value.lineage).toEqual({ dataset: 'visits', periods: [1] })
    manifest = `${value.manifest}`
  })

  it('has its whole budget before anybody asked', async () => {
    const { exitCode, value } = await show('analyst')
    expect(exitCode).toBe(0)
    expect(value.ledgers).toMatchObject([
      { slot: 'visits', dataset: 'visits', period: 1, keyService: 'health-keys', verified: true, entries: [] },
    ])
    expect(value.ledgers).toMatchObject([{ left: { epsilon: 1_000_000, delta: 1_000_000 }, fits: { epsilon: 0.5, delta: 0 } }])
  })

  it('shows members what is left and what it was spent on, verified against the log', async () => {
    for (const epsilon of [0.5, 0.3]) expect(await spend(epsilon)).toBe('released')
    expect(await spend(0.25)).toBe('budget-exhausted')
    for (const party of ['analyst', 'health'] as const) {
      const { exitCode, value } = await show(party)
      expect(exitCode).toBe(0)
      expect(value.ledgers).toMatchObject([
        {
          verified: true,
          spent: { epsilon: 800_000 },
          left: { epsilon: 200_000 },
          fits: { epsilon: 0.2 },
          entries: [
            { sequence: 1, kind: 'debit', charge: { epsilon: 500_000 }, event: { contract: clean.contract.id } },
            { sequence: 2, kind: 'debit', spent: { epsilon: 800_000, delta: 0 } },
          ],
        },
      ])
    }
    const { exitCode, out } = await as.analyst('budget', 'show', ...contract(), '--slot', 'visits')
    expect(exitCode).toBe(0)
    expect(out).toContain('visits: visits, part 1, at health-keys\nspent      ε 0.8, δ 0\n')
    expect(out).toContain('left       ε 0.2, δ 0.000000001, of ε 1, δ 0.000000001\none query  at most ε 0.2\n')
    expect(out).toMatch(/\nDECIDED +ε +δ +ε SPENT +δ SPENT +CONTRACT +RUN\n2\S+Z +0.5 +0 +0.5 +0 +sha256:/)
    const log = await as.analyst('keys', 'log', ...contract())
    expect(log.out).toContain('denied: budget-exhausted (ε 0.2 fits in visits)')
  })

  it('shows nobody else anything', async () => {
    expect(await as.outsider('budget', 'show', ...contract())).toMatchObject({
      exitCode: 1,
      err: 'reinraum: no such contract (not-found)\n',
    })
    expect(await as.analyst('budget', 'show', ...contract(), '--slot', 'nothing')).toMatchObject({
      exitCode: 1,
      err: 'reinraum: the contract has no slot nothing (not-found)\n',
    })
  })
})
