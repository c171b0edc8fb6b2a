import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { toBase64url } from '@reinraum/crypto'
import type { ReleaseKeysResponse } from '@reinraum/proto'
import { type Contract, parseStatement, type Release, verifyContract, verifyRelease } from '@reinraum/statements'
import fc from 'fast-check'
import { expect } from 'vitest'
import { type Agreement, agree, agreeAndImport, type Dataset, importDataset, sealDataset } from './agreement.ts'
import { type Bundle, bundleOf, outcomeName, requestOf } from './attempt.ts'
import { type KeyServiceProcess, startKeyServiceProcess } from './key-service-process.ts'
import { noise } from './noise.ts'
import { type Room, startRoom } from './room.ts'
import { readStore, requireWholeReleases } from './store-after-kill.ts'

type Imported = Agreement & { readonly datasets: readonly Dataset[] }

/** When a process dies: after so many statements of SQL from one request on, or after so much of the time that a release takes. */
type Death = { readonly statements: number } | { readonly share: number }

/** One process that dies, and how much of the time that a release takes each key service in it has had by the time that counts. */
interface Kill {
  readonly death: Death
  readonly leads: readonly number[]
}

/** `bird` and `officer` approve what the shared service holds two keys for. */
const [approvals, keys] = [2, 2]

/** Key services in each process, each with a store of its own: they start from copies of one, and all of them die in a release. */
const services = 6

// More than a release takes: some die right after they have answered.
const longest = 1.6

export interface Killed {
  /** statements of SQL that a release runs, each of which one key service did not live to see */
  readonly statements: number
  /** processes killed, and the releases that this cut off, by what had become of them */
  readonly kills: number
  readonly before: number
  readonly after: number
  readonly answered: number
}

/**
 * Kills key services in so many releases, starts them again on the same stores, and asks again: one at each statement of SQL,
 * the others at times that the seed chooses. Six of them are in one process and die with it, each at a step of its own.
 */
export function killInReleases(rounds: number, seed: number): Promise<Killed> {
  const killed = killServicesInReleases(rounds, seed)
  return killed.catch((cause) => {
    throw new Error(`of ${rounds} rounds with seed ${seed}, one went wrong`, { cause })
  })
}

function killsOf(rounds: number, statements: number, seed: number): readonly Kill[] {
  const everyStep = Array.from({ length: statements + 1 }, (_, at): Death => ({ statements: at }))
  const rest = Math.max(0, Math.ceil(rounds / services) - everyStep.length)
  const share = fc.double({ min: 0, max: longest, noNaN: true })
  const deaths = [...everyStep, ...fc.sample(share, { seed, numRuns: rest }).map((share): Death => ({ share }))]
  const order = fc.shuffledSubarray(deaths, { minLength: deaths.length })
  const leads = fc.array(fc.double({ min: 0, max: longest, noNaN: true }), { minLength: services, maxLength: services })
  const chosen = fc.sample(leads, { seed, numRuns: deaths.length })
  return (fc.sample(order, { seed, numRuns: 1 })[0] ?? []).map((death, i) => ({ death, leads: chosen[i] ?? [] }))
}

/** Each release is debited, too. */
function spendingOnStrikes(contract: Contract): Contract {
  const differentialPrivacy = { ...noise, epsilonBudget: 1000 }
  const slots = contract.slots.map(({ rule, ...slot }) => {
    return { ...slot, rule: slot.id === 'strikes' ? { ...rule, differentialPrivacy } : rule }
  })
  return { ...contract, slots }
}

async function killServicesInReleases(rounds: number, seed: number): Promise<Killed> {
  const room = await startRoom({ shared: () => ({ quotas: { denialsPerMinute: 1_000_000 } }) })
  const agreement = await agreeAndImport(room, spendingOnStrikes)
  const first = await bundleOf(agreement, { approval: (approval) => ({ ...approval, maximumRuns: 1000 }) })
  const query = parseStatement(first.query).document
  const nextRun = () =>
    bundleOf(agreement, { query: () => query as never, bundle: (made) => ({ ...made, decisions: first.decisions }) })
  const besides = Array.from({ length: services - 1 }, (_, i) => join(room.folder, `shared-${i + 2}`))
  const compiled = join(room.folder, 'compiled')
  const only = await startKeyServiceProcess(room, { compiled })
  await measure(agreement, only, first)
  await only.ask({ compiled: true })
  await only.kill()
  for (const copy of besides) await cp(room.shared.config.data, copy, { recursive: true })
  const start = (from: Room) => startKeyServiceProcess(from, { compiled, besides })
  let process = await start(only.room)
  await measure(agreement, process, await nextRun())
  const { ms, statements } = await measure(agreement, process, await nextRun())

  const kills = killsOf(rounds, statements, seed)
  const counts = { before: 0, after: 0, answered: 0 }
  const read = Array.from({ length: services }, () => new Map<string, Release>())
  for (const [i, kill] of kills.entries()) {
    const bundle = await nextRun()
    const cutOff = await dieInReleases(agreement, process, bundle, kill, i % services, ms)
    const found = await Promise.all(
      cutOff.map(async ({ request, answer }, at) => {
        const store = await readStore(process.rooms[at] as Room)
        const released = requireWholeReleases(store, approvals, keys, read[at]).has(bundle.runId)
        // An answer that left has its entry and its debit; a nonce is used exactly when the decision stands.
        if (answer !== 'none') expect({ kill, answer, released }).toEqual({ kill, answer: 'released', released: true })
        const nonce = toBase64url(request.nonces?.[0]?.nonce as Uint8Array)
        expect(store.nonces.find((row) => row.nonce === nonce)?.used_at).toEqual(released ? expect.any(Number) : null)
        counts[released ? 'after' : 'before'] += 1
        if (answer === 'released') counts.answered += 1
        return { request, released }
      }),
    )
    process = await start(process.room)
    await Promise.all(
      found.map(async ({ request, released }, at) => {
        const own = process.rooms[at] as Room
        const again = await own.shared.from('executor').releaseKeys(request)
        expect({ kill, outcome: outcomeName(again) }).toEqual({ kill, outcome: released ? 'nonce-used' : 'released' })
        // Who has paid pays nothing more, and gets nothing more; who has not has paid now, once.
        if (released) expect(outcomeName(await releaseAgain(agreement, own, bundle))).toBe('budget-spent')
        else expect(usesOf(again)).toEqual(['more', 'more'])
      }),
    )
  }
  await process.kill()
  for (const own of process.rooms) requireWholeReleases(await readStore(own), approvals, keys)
  await requireSignedLogs(agreement, await start(process.room))
  await room.stop()
  return { statements, kills: kills.length, ...counts }
}

/** How long releases of all key services of a process take at a time, and how many statements of SQL one of them has. */
async function measure(agreement: Imported, { rooms, ask }: KeyServiceProcess, bundle: Bundle) {
  const requests = await Promise.all(rooms.map((own) => requestOf(agreement, own.shared, bundle)))
  await ask({ dieAfter: null, of: 0 })
  const begun = performance.now()
  const answers = await Promise.all(
    rooms.map(({ shared }, at) => shared.from('executor').releaseKeys(requests[at]?.request ?? {})),
  )
  const ms = performance.now() - begun
  expect(answers.map(outcomeName)).toEqual(rooms.map(() => 'released'))
  const answer = await ask({ statementsRun: true })
  return { ms, statements: 'statements' in answer ? answer.statements : 0 }
}

/** All key services of the process release at a time, until `victim` comes to its statement or the time is up. */
async function dieInReleases(
  agreement: Imported,
  process: KeyServiceProcess,
  bundle: Bundle,
  kill: Kill,
  victim: number,
  ms: number,
) {
  const { death, leads } = kill
  const requests = await Promise.all(process.rooms.map((own) => requestOf(agreement, own.shared, bundle)))
  if ('statements' in death) await process.ask({ dieAfter: death.statements, of: victim })
  const answering = process.rooms.map(async ({ shared }, at) => {
    const { request } = requests[at] ?? expect.fail()
    await sleep((at === victim ? longest : longest - (leads[at] ?? 0)) * ms)
    const answer = await shared
      .from('executor')
      .releaseKeys(request)
      .then(outcomeName, () => 'none')
    return { request, answer }
  })
  // Who has run all its statements answers, and dies then.
  await Promise.race('statements' in death ? [process.ended, answering[victim]] : [sleep((longest + death.share) * ms)])
  await process.kill()
  return Promise.all(answering)
}

/** Asks for the same run once more. */
async function releaseAgain(agreement: Imported, { shared }: Room, bundle: Bundle): Promise<ReleaseKeysResponse> {
  const { request } = await requestOf(agreement, shared, bundle)
  return shared.from('executor').releaseKeys(request)
}

/** What an answer says of each approval: whether that was used any further. */
function usesOf({ outcome }: ReleaseKeysResponse): string[] {
  if (outcome.case !== 'released') throw new Error(`a run that may be released was denied: ${outcome.value?.reasonCode}`)
  const { document } = parseStatement(outcome.value.release) as { document: Release }
  if (document.outcome.decision !== 'released') throw new Error('the statement says something else')
  return document.outcome.runs.map(({ before, after }) => (before === after ? 'same' : 'more'))
}

async function requireSignedLogs(agreement: Agreement, process: KeyServiceProcess): Promise<void> {
  const { room } = agreement
  const contract = await verifyContract(agreement.statement, { now: room.clock.now() })
  for (const { shared } of process.rooms) {
    const { releases } = await shared.as(room.parties.bird).listReleases({ contractId: agreement.id })
    for (const release of releases) await verifyRelease(release, contract)
    expect(releases.length).toBeGreaterThan(2)
  }
  await process.kill()
}

/**
 * Kills a process at every so-manyth statement of SQL of an import, and after the last one, and imports again.
 * @returns how many statements there are
 */
export async function killInImports(every: number): Promise<number> {
  const room = await startRoom()
  let process = await startKeyServiceProcess(room)
  let statements = 0
  for (let at = 0; at <= statements; at = at < statements ? Math.min(at + every, statements) : at + 1) {
    const agreement = await agree(process.room)
    const [strikes, weather] = [await sealDataset(agreement, 'strikes'), await sealDataset(agreement, 'weather')]
    if (at === 0) statements = await statementsOfImport(await agree(process.room), process)
    await process.ask({ dieAfter: at })
    const importing = importDataset({ ...agreement, room: process.room }, strikes).then(
      () => 'imported',
      () => 'none',
    )
    await Promise.race([process.ended, importing])
    await process.kill()
    const answer = await importing
    const store = await readStore(process.room)
    const here = (rows: readonly { readonly contract_id: string }[]) => rows.filter((row) => row.contract_id === agreement.id)
    const parts = [
      store.contracts.includes(agreement.id),
      here(store.wrappingKeys).length === 1,
      here(store.dataKeys).length === 1,
    ]
    expect({ at, parts }).toEqual({ at, parts: parts[2] ? [true, true, true] : [false, false, false] })
    if (answer === 'imported') expect(parts[2]).toBe(true)

    process = await startKeyServiceProcess(process.room)
    const again = { ...agreement, room: process.room, datasets: [strikes, weather] }
    for (const dataset of again.datasets) await importDataset(again, dataset)
  }
  await process.kill()
  await room.stop()
  return statements
}

async function statementsOfImport(agreement: Agreement, process: KeyServiceProcess): Promise<number> {
  const dataset = await sealDataset(agreement, 'strikes')
  await process.ask({ dieAfter: null })
  await importDataset({ ...agreement, room: process.room }, dataset)
  const answer = await process.ask({ statementsRun: true })
  return 'statements' in answer ? answer.statements : 0
}
