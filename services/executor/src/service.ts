import { availableParallelism, totalmem } from 'node:os'
import { ReinraumError } from '@reinraum/crypto'
import { createEnvelopeThreads } from '@reinraum/envelope'
import {
  type EventRecord,
  evidenceRequestSubject,
  executorConsumers,
  forbidCoreDumps,
  type Kit,
  type Log,
  openAttester,
  type Service,
} from '@reinraum/kit'
import { createGuard, engineVersion } from '@reinraum/policy'
import { KeyReleaseService, ObjectService, ResultIntakeService, RunDirectoryService } from '@reinraum/proto'
import { type Client, createRpcClient } from '@reinraum/rpc'
import { answerChallenge } from './answer-challenge.ts'
import { type ChildLimits, type Confinement, mostMemoryMiB } from './child/confinement.ts'
import { probeConfinement } from './child/probe.ts'
import { keepWorkplaces } from './child/workplaces.ts'
import type { ExecutorConfig } from './config.ts'
import { ingestedCiphertext, keptCiphertext } from './datasets/ciphertext-source.ts'
import { type KeptDatasets, keepDatasets } from './datasets/kept-datasets.ts'
import type { Executor } from './executor.ts'
import { handleWork } from './handle-work.ts'
import { type MemoryLimits, planMemory } from './memory/memory-plan.ts'
import { createRunMemory } from './memory/run-memory.ts'
import { fileSystemOf } from './memory/scratch-file-system.ts'
import { openScratch } from './scratch.ts'
import { openSpill } from './spill/spill.ts'
import { requireSafeSwap } from './spill/swaps.ts'
import { createStops, type Stops } from './stops.ts'

export async function startExecutor(config: ExecutorConfig, kit: Kit): Promise<Service> {
  await forbidCoreDumps()
  await requireSafeSwap({ allowUnencrypted: config.allowUnencryptedSwap, log: kit.log })
  const limits = limitsOf(config.runLimits)
  const atOnce = config.runs.atOnce ?? Math.max(1, Math.floor(availableParallelism() / 2))
  const spill = config.spill && (await openSpill(config.spill, { runs: atOnce, resultBytes: limits.resultBytes }))
  const [attester, confinement, guard, scratch, bus] = await Promise.all([
    openAttester(config.attester, 'executor', kit.log),
    probeConfinement(),
    createGuard(),
    openScratch(config.scratch, { allowDisk: config.allowDiskScratch }),
    kit.connectBus(),
  ])
  requireConfinement(confinement, config.allowWeakConfinement, kit.log)
  const clients = dial(config, kit)
  const envelopes = createEnvelopeThreads({ threads: availableParallelism() })
  const fileSystem = await fileSystemOf(config.scratch)
  const memory = planMemory(memoryLimitsOf(config, limits), {
    machineBytes: machineBytes(),
    scratchBytes: await fileSystem.size(),
  })
  const keeping = { bytes: memory.keptBytes, idleMs: config.cache.idleSeconds * 1000 }
  const keptDatasets = keepDatasets((await scratch.open('kept')).path, keeping)
  const workplaces = keepWorkplaces(scratch, limits, confinement, kit.log, spill)
  const executor: Executor = {
    attester,
    guard,
    engine: await engineVersion(),
    bus,
    log: kit.log,
    ...clients,
    openCiphertext: config.ciphertext.kind === 'ingestion' ? clients.openCiphertext : await keptCiphertext(config.ciphertext),
    envelopes,
    keptDatasets,
    workplaces,
    memory: createRunMemory(memory, fileSystem),
    releaseGridMs: config.runLimits.releaseGridMs,
    now: () => new Date(),
  }
  const stops = createStops()
  const consumers = executorConsumers(config.id)
  const subscriptions = [
    await bus.consume({ ...consumers.stops, handle: async (event) => handleStop(event, stops, keptDatasets) }),
    bus.reply(evidenceRequestSubject, (body) => answerChallenge(executor, body), { queue: 'executors' }),
    await bus.consume({
      ...consumers.work,
      concurrency: atOnce,
      handle: (event, delivery) => handleWork(executor, stops, event, delivery),
    }),
  ]
  // Health only: whoever wants something of an executor puts it on the queue.
  await kit.serve({ services: { services: [], allow: () => false } })
  return {
    async stop() {
      for (const subscription of subscriptions.toReversed()) await subscription.stop()
      keptDatasets.close()
      await workplaces.close()
      await guard.close()
      await envelopes.close()
      clients.close()
    },
  }
}

/** A revocation empties what is kept of its contract at once, whatever it revokes; runs in flight find out what it is about. */
async function handleStop(event: EventRecord, stops: Stops, keptDatasets: KeptDatasets): Promise<void> {
  if (event.noun === 'revocation') keptDatasets.forget(event.contractId)
  stops.handle(event)
}

function limitsOf({ memoryMiB, runTimeoutMs, resultBytes }: ExecutorConfig['runLimits']): ChildLimits {
  const threads = availableParallelism()
  // All threads for all of the time; it counts where the parent cannot watch the time any more.
  const cpuSeconds = Math.ceil((runTimeoutMs / 1000) * threads) + 5
  return { memoryMiB, timeoutMs: runTimeoutMs, cpuSeconds, threads, resultBytes }
}

function memoryLimitsOf({ runs, runLimits, cache }: ExecutorConfig, limits: ChildLimits): MemoryLimits {
  const { scratchMiB, resultBytes } = runLimits
  return { memoryMiB: runs.memoryMiB, scratchMiB, resultBytes, processMiB: mostMemoryMiB(limits), keptMiB: cache.mebibytes }
}

/** Of a container's limit, where there is one. */
function machineBytes(): number {
  return Math.min(totalmem(), process.constrainedMemory() || totalmem())
}

function dial(config: ExecutorConfig, kit: Kit) {
  const opened: { close(): void }[] = []
  const keep = <T extends { close(): void }>(client: T): T => {
    opened.push(client)
    return client
  }
  const keyServices = new Map<string, Client<typeof KeyReleaseService>>(
    Object.entries(config.keyServices).map(([id, address]) => [
      id,
      keep(createRpcClient(KeyReleaseService, { address, tls: kit.tls, serverId: `keys/${id}` })),
    ]),
  )
  return {
    runDirectory: keep(
      createRpcClient(RunDirectoryService, { address: config.governance, tls: kit.tls, serverId: 'governance' }),
    ),
    openCiphertext: ingestedCiphertext(
      keep(createRpcClient(ObjectService, { address: config.ingestion, tls: kit.tls, serverId: 'ingestion' })),
    ),
    intake: keep(createRpcClient(ResultIntakeService, { address: config.release, tls: kit.tls, serverId: 'release' })),
    keyRelease(id: string) {
      const client = keyServices.get(id)
      if (client === undefined) throw new ReinraumError('key-unknown', `this executor knows no key service ${id}`)
      return client
    },
    close() {
      for (const client of opened) client.close()
    },
  }
}

/** Fails closed: a query process that could reach the network is no place for decrypted data. */
function requireConfinement(confinement: Confinement, allowWeak: boolean, log: Log): void {
  const missing = Object.entries(confinement).flatMap(([name, given]) => (given === false || given === undefined ? [name] : []))
  if (missing.length === 0) return
  const message = `this host does not let a query process be confined: ${missing.join(', ')} missing`
  if (!allowWeak) throw new ReinraumError('unsupported', message)
  log.warn(message)
}
