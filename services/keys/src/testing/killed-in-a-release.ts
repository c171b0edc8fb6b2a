import { setTimeout as sleep } from 'node:timers/promises'
import { toBase64url } from '@reinraum/crypto'
import { parseStatement, type Release, verifyContract, verifyRelease } from '@reinraum/statements'
import fc from 'fast-check'
import { expect } from 'vitest'
import { type Agreement, agree, agreeAndImport, type Dataset, importDataset, sealDataset } from './agreement.ts'
import { type Bundle, bundleOf, outcomeName, requestOf } from './attempt.ts'
import { type BundledChild, withBundledChild } from './bundled-child.ts'
import { type KeyServiceProcess, startKeyServiceProcess } from './key-service-process.ts'
import { type Room, startRoom } from './room.ts'
import { readStore, requireWholeReleases } from './store-after-kill.ts'

type Imported = Agreement & { readonly datasets: readonly Dataset[] }

/** When a process dies: after so many statements of SQL from the request on, or after so much of the time that a release takes. */
type Death = { readonly statements: number } | { readonly share: number }

/** `bird` and `officer` approve what the shared service holds two keys for. */
const [approvals, keys] = [2, 2]

/** Two rooms at a time, each with one process after the other on one store. */
const rooms = 2

export interface Killed {
  /** statements of SQL that a release runs, each of which one process did not live to see */
  readonly statements: number
  /** rounds by what had become of the release */
  readonly before: number
  readonly after: number
  readonly answered: number
}

/**
 * Kills a process in a release, starts it again on the same store, and asks again, so many times: at each statement of SQL once,
 * and then at times that the seed chooses.
 */
export function killInReleases(rounds: number, seed: number): Promise<Killed> {
  const killed = withBundledChild((bundled) => killBundledInReleases(rounds, seed, bundled))
  return killed.catch((cause) => {
    throw new Error(`of ${rounds} rounds with seed ${seed}, one went wrong`, { cause })
  })
}

async function killBundledInReleases(rounds: number, seed: number, bundled: BundledChild): Promise<Killed> {
  const opened = await Promise.all(Array.from({ length: rooms }, () => openRoom(bundled)))
  const statements = opened[0]?.statements ?? 0
  const deaths = deathsOf(rounds, statements, seed)
  const shares = opened.map((_, i) => deaths.filter((__, at) => at % rooms === i))
  const results = await Promise.all(opened.map(({ chain }, i) => chain(shares[i] ?? [])))
  const sum = (name: 'before' | 'after' | 'answered') => results.reduce((total, result) => total + result[name], 0)
  return { statements, before: sum('before'), after: sum('after'), answered: sum('answered') }
}

function deathsOf(rounds: number, statements: number, seed: number): readonly Death[] {
  const everyStep = Array.from({ length: statements + 1 }, (_, at): Death => ({ statements: at }))
  const rest = Math.max(0, rounds - everyStep.length)
  // More than a release takes: some die right after they have answered.
  const share = fc.double({ min: 0, max: 1.6, noNaN: true }).map((share): Death => ({ share }))
  const chosen = [...everyStep, ...fc.sample(share, { seed, numRuns: rest })]
  const order = fc.shuffledSubarray([...chosen], { minLength: chosen.length })
  return fc.sample(order, { seed, numRuns: 1 })[0] ?? []
}

async function openRoom(bundled: BundledChild) {
  const start = (room: Room) => startKeyServiceProcess(room, { bundled })
  const room = await startRoom()
  const agreement = await agreeAndImport(room)
  const first = await bundleOf(agreement, { approval: (approval) => ({ ...approval, maximumRuns: 1000 }) })
  const query = parseStatement(first.query).document
  const nextRun = () =>
    bundleOf(agreement, { query: () => query as never, bundle: (made) => ({ ...made, decisions: first.decisions }) })
  let process = await start(room)
  const { ms } = await measure(agreement, process, first)
  const { statements } = await measure(agreement, process, await nextRun())

  const chain = async (deaths: readonly Death[]) => {
    const counts = { before: 0, after: 0, answered: 0 }
    for (const death of deaths) {
      const bundle = await nextRun()
      const { request, answer } = await dieInRelease(agreement, process, bundle, death, ms)
      const store = await readStore(process.room)
      const released = requireWholeReleases(store, approvals, keys).has(bundle.runId)
      // An answer that left has its entry and its debit; a nonce is used exactly when the decision stands.
      if (answer !== 'none') expect({ death, answer, released }).toEqual({ death, answer: 'released', released: true })
      const nonce = toBase64url(request.nonces?.[0]?.nonce as Uint8Array)
      expect(store.nonces.find((row) => row.nonce === nonce)?.used_at).toEqual(released ? expect.any(Number) : null)
      counts[released ? 'after' : 'before'] += 1
      if (answer === 'released') counts.answered += 1

      process = await start(process.room)
      const again = await process.room.shared.from('executor').releaseKeys(request)
      expect({ death, outcome: outcomeName(again) }).toEqual({ death, outcome: released ? 'nonce-used' : 'released' })
      expect(await usesOf(agreement, process, bundle)).toEqual(['same', 'same'])
    }
    requireWholeReleases(await readAfterwards(process), approvals, keys)
    await requireSignedLog(agreement, process)
    await process.kill()
    await room.stop()
    return counts
  }
  return { statements, chain }
}

/** How long one release takes, and how many statements of SQL. The first one of a process takes longest. */
async function measure(agreement: Imported, { room, ask }: KeyServiceProcess, bundle: Bundle) {
  const { request } = await requestOf(agreement, room.shared, bundle)
  await ask({ dieAfter: null })
  const begun = performance.now()
  expect(outcomeName(await room.shared.from('executor').releaseKeys(request))).toBe('released')
  const ms = performance.now() - begun
  const answer = await ask({ statementsRun: true })
  return { ms, statements: 'statements' in answer ? answer.statements : 0 }
}

async function dieInRelease(agreement: Imported, process: KeyServiceProcess, bundle: Bundle, death: Death, ms: number) {
  const { request } = await requestOf(agreement, process.room.shared, bundle)
  if ('statements' in death) await process.ask({ dieAfter: death.statements })
  const answering = process.room.shared
    .from('executor')
    .releaseKeys(request)
    .then(outcomeName, () => 'none')
  // Who has run all its statements answers, and dies then.
  await Promise.race('statements' in death ? [process.ended, answering] : [sleep(death.share * ms)])
  await process.kill()
  return { request, answer: await answering }
}

/** Asks for the same run once more, and says of each approval whether that used it any further. */
async function usesOf(agreement: Imported, { room }: KeyServiceProcess, bundle: Bundle): Promise<string[]> {
  const { request } = await requestOf(agreement, room.shared, bundle)
  const { outcome } = await room.shared.from('executor').releaseKeys(request)
  if (outcome.case !== 'released') throw new Error(`a run that paid was denied: ${outcome.value?.reasonCode}`)
  const { document } = parseStatement(outcome.value.release) as { document: Release }
  if (document.outcome.decision !== 'released') throw new Error('the statement says something else')
  return document.outcome.runs.map(({ before, after }) => (before === after ? 'same' : 'more'))
}

async function readAfterwards(process: KeyServiceProcess) {
  await process.kill()
  return readStore(process.room)
}

async function requireSignedLog(agreement: Agreement, { room }: KeyServiceProcess): Promise<void> {
  const process = await startKeyServiceProcess(room)
  const contract = await verifyContract(agreement.statement, { now: room.clock.now() })
  const { releases } = await process.room.shared.as(room.parties.bird).listReleases({ contractId: agreement.id })
  for (const release of releases) await verifyRelease(release, contract)
  expect(releases.length).toBeGreaterThan(2)
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
