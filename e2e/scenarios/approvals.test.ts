import { setTimeout as sleep } from 'node:timers/promises'
import { getQuery, rejectQuery, revoke } from '@reinraum/client'
import { parseStrictJson, randomBytes, toBase64url } from '@reinraum/crypto'
import { type Query, type Run, type RunBundleBytes, signerOf, signStatement } from '@reinraum/statements'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { approve, type CleanRoom, propose, query, readyToRun, seal, sealBoth, start } from '../harness/clean-room.ts'
import { outcomeOf, type RogueExecutor, rogueExecutor } from '../harness/rogue-executor.ts'
import { useCleanRooms } from '../harness/use-clean-rooms.ts'

const rooms = useCleanRooms()
let rogue: RogueExecutor
beforeAll(async () => {
  rogue = await rogueExecutor(rooms.room)
})
afterAll(() => rogue.close())

/** What the owner's key service says to a bundle, with fresh evidence that is in order. */
async function askKeys(bundle: RunBundleBytes): Promise<string> {
  const { request } = await rogue.prepare(bundle, 'health-keys')
  return outcomeOf(await rogue.keys('health-keys').releaseKeys(request))
}

/** A run signed by the analyst that governance never saw. */
async function signRun(
  clean: CleanRoom,
  queryId: string,
  versions: Record<string, string>,
  changes: Partial<Run> = {},
): Promise<Uint8Array> {
  const now = Date.now()
  const run: Run = {
    kind: 'reinraum/run/v1',
    contract: clean.contract.id,
    query: queryId,
    by: 'analyst',
    parameters: { floor: 0 },
    versions,
    recipients: ['analyst'],
    validity: { notBefore: new Date(now - 1000).toISOString(), notAfter: new Date(now + 600_000).toISOString() },
    nonce: toBase64url(randomBytes(32)),
    ...changes,
  }
  return signStatement(run, signerOf(clean.identities.analyst))
}

/** A bundle as a dishonest platform would put it together, past governance's own checks. */
async function smuggle(
  clean: CleanRoom,
  queryId: string,
  parts: { visits: Uint8Array; visitsId: string; districts: Uint8Array; districtsId: string },
  changes: Partial<Run> = {},
): Promise<RunBundleBytes> {
  const { query: proposed, decisions } = await getQuery(clean.sessions.analyst, clean.contract, queryId)
  return {
    contract: clean.contract.bytes,
    query: proposed.bytes,
    run: await signRun(clean, queryId, { visits: parts.visitsId, districts: parts.districtsId }, changes),
    decisions: decisions.map((decision) => decision.bytes),
    manifests: [parts.visits, parts.districts],
    revocations: [],
  }
}

async function sealed(clean: CleanRoom) {
  const [visits, districts] = [await seal(clean, 'visits'), await seal(clean, 'districts')]
  return { visits: visits.bytes, visitsId: visits.id, districts: districts.bytes, districtsId: districts.id }
}

describe('an approval that is', () => {
  it('missing stops a run at governance, and at the key service when governance looks away', async () => {
    const clean = await rooms.open()
    const parts = await sealed(clean)
    const queryId = await propose(clean)
    await approve(clean, queryId, {}, ['survey'])
    await expect(start(clean, queryId)).rejects.toMatchObject({ code: 'approval-missing' })
    expect(await askKeys(await smuggle(clean, queryId, parts))).toBe('approval-missing')
  })

  it('expired stops a run at governance and at the key service', async () => {
    const clean = await rooms.open()
    const parts = await sealed(clean)
    const queryId = await propose(clean)
    await approve(clean, queryId, { notAfter: new Date(Date.now() + 3000).toISOString() })
    const inTime = await smuggle(clean, queryId, parts)
    await sleep(3500)
    await expect(start(clean, queryId)).rejects.toMatchObject({ code: 'approval-expired' })
    expect(await askKeys(inTime)).toBe('approval-expired')
  })

  it('revoked stops a run at governance, and at the key service even when the platform hides the revocation', async () => {
    const clean = await rooms.open()
    const parts = await sealed(clean)
    const queryId = await propose(clean)
    const [approval = ''] = await approve(clean, queryId)
    const { deliveries } = await revoke(clean.sessions.health, clean.contract, { type: 'approval', approval }, 'changed our mind')
    expect(deliveries.filter(({ failed }) => failed !== null)).toEqual([])
    await expect(start(clean, queryId)).rejects.toMatchObject({ code: 'approval-revoked' })
    expect(await askKeys(await smuggle(clean, queryId, parts))).toBe('approval-revoked')
  })

  it('used up stops the next run at the key service', async () => {
    const clean = await rooms.open()
    const parts = await sealed(clean)
    const queryId = await propose(clean)
    await approve(clean, queryId, { maximumRuns: 1 })
    expect(await askKeys(await smuggle(clean, queryId, parts))).toBe('released')
    expect(await askKeys(await smuggle(clean, queryId, parts))).toBe('approval-exhausted')
  })

  it('outweighed by a rejection stops a run at governance, and at the key service even when the platform hides the rejection', async () => {
    const clean = await rooms.open()
    const parts = await sealed(clean)
    const queryId = await propose(clean)
    await approve(clean, queryId)
    const hidden = await smuggle(clean, queryId, parts)
    const { deliveries } = await rejectQuery(clean.sessions.health, clean.contract, queryId, 'no')
    expect(deliveries.filter(({ failed }) => failed !== null)).toEqual([])
    await expect(start(clean, queryId)).rejects.toMatchObject({ code: 'query-rejected' })
    expect(await askKeys(hidden)).toBe('query-rejected')
  })
})

describe('after its approval a query cannot change', () => {
  it('by one character under the same signature', async () => {
    const clean = await rooms.open()
    const parts = await sealed(clean)
    const queryId = await propose(clean)
    await approve(clean, queryId)
    const bundle = await smuggle(clean, queryId, parts)
    const jws = parseStrictJson(bundle.query) as { payload: string }
    const payload = Buffer.from(jws.payload, 'base64url').toString('utf8').replace('avg(v.cost)', 'sum(v.cost)')
    const spoilt = Buffer.from(JSON.stringify({ ...jws, payload: Buffer.from(payload).toString('base64url') }))
    expect(await askKeys({ ...bundle, query: new Uint8Array(spoilt) })).toBe('signature-invalid')
  })

  it('by one character under a new signature of the analyst', async () => {
    const clean = await rooms.open()
    const parts = await sealed(clean)
    const queryId = await propose(clean)
    await approve(clean, queryId)
    const honest = await smuggle(clean, queryId, parts)
    const changed: Query = {
      kind: 'reinraum/query/v1',
      contract: clean.contract.id,
      by: 'analyst',
      title: query.title,
      purpose: query.purpose,
      sql: query.sql.replace('>=', '> '),
      parameters: [...query.parameters],
      slots: ['districts', 'visits'],
      createdAt: new Date().toISOString(),
    }
    const bytes = await signStatement(changed, signerOf(clean.identities.analyst))
    const outcome = await askKeys({ ...honest, query: bytes })
    expect(['query-mismatch', 'approval-missing']).toContain(outcome)
  })
})

describe('a run cannot', () => {
  it('take a parameter outside its domain', async () => {
    const clean = await rooms.open()
    const parts = await sealed(clean)
    const queryId = await propose(clean)
    await approve(clean, queryId)
    await expect(start(clean, queryId, { parameters: { floor: 151 } })).rejects.toMatchObject({
      code: 'parameter-outside-domain',
    })
    expect(await askKeys(await smuggle(clean, queryId, parts, { parameters: { floor: 151 } }))).toBe('parameter-outside-domain')
    expect(await askKeys(await smuggle(clean, queryId, parts, { parameters: { floor: 0, more: 1 } }))).toBe(
      'parameter-outside-domain',
    )
  })

  it('read a dataset version that the owner did not allow', async () => {
    const clean = await rooms.open()
    const parts = await sealed(clean)
    const queryId = await propose(clean)
    await approve(clean, queryId)
    const newer = await seal(clean, 'visits')
    const swapped = { ...parts, visits: newer.bytes, visitsId: newer.id }
    await expect(start(clean, queryId, { versions: { visits: newer.id, districts: parts.districtsId } })).rejects.toMatchObject({
      code: 'dataset-version-not-allowed',
    })
    expect(await askKeys(await smuggle(clean, queryId, swapped))).toBe('dataset-version-not-allowed')
    expect(await askKeys({ ...(await smuggle(clean, queryId, parts)), manifests: [newer.bytes, parts.districts] })).toBe(
      'dataset-version-not-allowed',
    )
  })

  it('send its result to someone whom the contract does not name', async () => {
    const clean = await rooms.open()
    const parts = await sealed(clean)
    const queryId = await propose(clean)
    await approve(clean, queryId)
    expect(await askKeys(await smuggle(clean, queryId, parts, { recipients: ['reviewer'] }))).toBe('recipient-not-allowed')
  })

  it('be signed by someone who is no analyst', async () => {
    const clean = await rooms.open()
    const parts = await sealed(clean)
    const queryId = await propose(clean)
    await approve(clean, queryId)
    const bundle = await smuggle(clean, queryId, parts)
    const forged = await smuggle(
      { ...clean, identities: { ...clean.identities, analyst: clean.identities.outsider } },
      queryId,
      parts,
    )
    expect(await askKeys({ ...bundle, run: forged.run })).toMatch(/unknown-member|signature/)
  })
})

it('a member that was revoked gets no more runs, and a revoked contract none at all', async () => {
  const clean = await rooms.open()
  await sealBoth(clean)
  const queryId = await propose(clean)
  await approve(clean, queryId)
  await revoke(clean.sessions.survey, clean.contract, { type: 'member', member: 'analyst' }, 'left the board')
  await expect(start(clean, queryId)).rejects.toMatchObject({ code: 'revoked' })
  const other = await rooms.open()
  const otherQuery = await readyToRun(other)
  await revoke(other.sessions.health, other.contract, { type: 'contract' }, 'over')
  await expect(start(other, otherQuery)).rejects.toMatchObject({ code: 'revoked' })
})
