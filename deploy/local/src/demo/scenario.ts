import { join } from 'node:path'
import { isAcceptable } from '@reinraum/attestation'
import {
  acceptContract,
  approveQuery,
  approveResult,
  describeKeyService,
  getContract,
  type OpenedResult,
  openResult,
  proposeContract,
  proposeQuery,
  readTable,
  type Session,
  sealDataset,
  startRun,
  type Table,
  verifyExecutor,
  verifyKeyService,
  waitForRun,
} from '@reinraum/client'
import { ReinraumError } from '@reinraum/crypto'
import type { Contract, VerifiedContract } from '@reinraum/statements'
import { agencies, analyst, demoContract, type PartyId } from './contract.ts'
import { parties } from './parties.ts'
import { strikesByStateAndMonth } from './query.ts'
import { slots } from './slots.ts'
import type { Step, StepOutcome } from './steps.ts'

/** What the steps share and what each of them finds. */
export interface Scenario {
  readonly directory: string
  readonly sessions: Readonly<Record<PartyId, Session>>
  /** slot → file in the clear */
  readonly sources: Readonly<Record<string, string>>
  readonly referenceValues: { readonly executor: Contract['executors']; readonly keys: Contract['executors'] }
  contract?: VerifiedContract
  queryId?: string
  runId?: string
  result?: OpenedResult
  table?: Table
}

/** The whole way of the data, steps 1 to 9 of the architecture, each proven by the id it ends in. */
export const steps: readonly Step<Scenario>[] = [
  { number: 1, title: 'Four parties sign one contract', run: signContract },
  { number: 2, title: 'Owners verify the key services and an executor', run: verifyBeforeContributing },
  { number: 2, title: 'Owners seal and upload their datasets', run: sealDatasets },
  { number: 3, title: 'The analyst proposes a query', run: propose },
  { number: 3, title: 'Owners approve it', run: approve },
  { number: 4, title: 'The analyst signs a run', run: start },
  { number: 7, title: 'An attested executor gets the keys, runs the query and seals the result', run: waitForResult },
  { number: 9, title: 'The wildlife agency reviews', run: review },
  { number: 9, title: 'The analyst verifies the receipt and opens the result', run: open },
]

async function signContract(scenario: Scenario, report: (progress: string) => void): Promise<readonly StepOutcome[]> {
  const { sessions, referenceValues } = scenario
  const keyServices = await Promise.all([
    describeKeyService(sessions.aviation, 'aviation-keys'),
    describeKeyService(sessions.wildlife, 'shared-keys'),
  ])
  const keys = Object.fromEntries(parties.map((party) => [party, sessions[party].keys])) as Record<PartyId, Session['keys']>
  const document = demoContract({ keys, keyServices, referenceValues, now: new Date() })
  const { contractId } = await proposeContract(sessions.aviation, document)
  for (const party of parties.filter((p) => p !== 'aviation')) {
    report(`${party} reads and signs`)
    await acceptContract(sessions[party], contractId)
  }
  scenario.contract = await getContract(sessions.aviation, contractId)
  return [{ id: contractId, note: `signed by ${scenario.contract.acceptedBy.join(', ')}` }]
}

async function verifyBeforeContributing(scenario: Scenario): Promise<readonly StepOutcome[]> {
  const contract = required(scenario.contract)
  const outcomes: StepOutcome[] = []
  for (const { id } of contract.document.keyServices) {
    const { custody, appraisal } = await verifyKeyService(scenario.sessions.wildlife, contract, id)
    const note =
      appraisal === null
        ? 'owner custody, keys pinned by the contract'
        : `${appraisal.status}, ${hardwareName(appraisal.hardware)}`
    outcomes.push({ id: `keys/${id}`, note: `${custody}: ${note}` })
  }
  const executor = await verifyExecutor(scenario.sessions.wildlife, contract)
  if (!isAcceptable(executor)) throw new ReinraumError('evidence-contraindicated', executor.reasons.join(', '))
  return [...outcomes, { id: 'executor', note: `${executor.status}, ${hardwareName(executor.hardware)}` }]
}

async function sealDatasets(scenario: Scenario, report: (progress: string) => void): Promise<readonly StepOutcome[]> {
  const contract = required(scenario.contract)
  const outcomes: StepOutcome[] = []
  for (const { id, owner } of slots) {
    const { manifest } = await sealDataset(scenario.sessions[owner as PartyId], {
      contract,
      slot: id,
      file: scenario.sources[id] ?? '',
      stateDirectory: join(scenario.directory, 'parties', owner),
      onProgress: (progress) => {
        const bytes = progress.step === 'sealing' ? progress.sealedBytes : progress.durableBytes
        report(`${owner}: ${progress.step} ${id}, ${(bytes / 1e6).toFixed(1)} MB`)
      },
    })
    outcomes.push({
      id: manifest.id,
      note: `${id}: ${manifest.document.rowCount} rows, ${manifest.document.length} bytes of ciphertext`,
    })
  }
  return outcomes
}

async function propose(scenario: Scenario): Promise<readonly StepOutcome[]> {
  scenario.queryId = await proposeQuery(scenario.sessions[analyst], required(scenario.contract), strikesByStateAndMonth)
  return [{ id: scenario.queryId, note: 'passes the guard' }]
}

async function approve(scenario: Scenario): Promise<readonly StepOutcome[]> {
  const notAfter = new Date(Date.now() + 7 * 86_400_000).toISOString()
  const outcomes: StepOutcome[] = []
  for (const agency of agencies) {
    const terms = { notAfter, maximumRuns: 10 }
    const id = await approveQuery(scenario.sessions[agency], required(scenario.contract), required(scenario.queryId), terms)
    outcomes.push({ id, note: `${agency}, for 7 days and 10 runs` })
  }
  return outcomes
}

async function start(scenario: Scenario): Promise<readonly StepOutcome[]> {
  const draft = { queryId: required(scenario.queryId), parameters: { since: '1990-01-01' } }
  scenario.runId = await startRun(scenario.sessions[analyst], required(scenario.contract), draft)
  return [{ id: scenario.runId }]
}

async function waitForResult(scenario: Scenario, report: (progress: string) => void): Promise<readonly StepOutcome[]> {
  const view = await waitForRun(scenario.sessions[analyst], required(scenario.runId), {
    untilReview: true,
    onState: ({ state }) => report(state),
  })
  if (view.state !== 'awaiting-review') throw new ReinraumError('run-failed', `the run ended as ${view.state}: ${view.reason}`)
  return [{ id: view.runId, note: 'sealed result deposited, waiting for review' }]
}

async function review(scenario: Scenario): Promise<readonly StepOutcome[]> {
  const runId = required(scenario.runId)
  const { state } = await approveResult(scenario.sessions.wildlife, required(scenario.contract), runId)
  return [{ id: runId, note: state }]
}

async function open(scenario: Scenario): Promise<readonly StepOutcome[]> {
  const file = join(scenario.directory, 'result.parquet')
  scenario.result = await openResult(scenario.sessions[analyst], required(scenario.contract), required(scenario.runId), file)
  scenario.table = await readTable(file)
  return scenario.result.verification.checks.map(({ name, detail }) => ({ id: detail, note: `receipt: ${name}` }))
}

function hardwareName(hardware: boolean): string {
  return hardware ? 'hardware' : 'SIMULATED hardware'
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new ReinraumError('internal', 'a step ran before the one it needs')
  return value
}
