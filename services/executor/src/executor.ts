import type { Attester } from '@reinraum/attestation'
import type { EnvelopeThreads } from '@reinraum/envelope'
import type { Bus, Log } from '@reinraum/kit'
import type { Guard } from '@reinraum/policy'
import type { KeyReleaseService, ResultIntakeService, RunDirectoryService } from '@reinraum/proto'
import type { Client } from '@reinraum/rpc'
import type { Workplaces } from './child/workplaces.ts'
import type { OpenCiphertext } from './datasets/ciphertext-source.ts'
import type { KeptDatasets } from './datasets/kept-datasets.ts'
import type { RunMemory } from './memory/run-memory.ts'

/** What every run works with. It holds nothing of any run. */
export interface Executor {
  readonly attester: Attester
  readonly guard: Guard
  readonly engine: string
  readonly bus: Bus
  readonly log: Log
  readonly runDirectory: Client<typeof RunDirectoryService>
  readonly openCiphertext: OpenCiphertext
  readonly envelopes: EnvelopeThreads
  readonly keptDatasets: KeptDatasets
  readonly intake: Client<typeof ResultIntakeService>
  /** @throws ReinraumError `unavailable` when this executor knows no such key service */
  keyRelease(keyServiceId: string): Client<typeof KeyReleaseService>
  readonly workplaces: Workplaces
  readonly memory: RunMemory
  readonly releaseGridMs: number
  now(): Date
}
