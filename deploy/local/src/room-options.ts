import type { Evidence } from '@reinraum/attestation'
import type { KeyServicePlan } from './room-plan.ts'

export interface RoomOptions {
  /** Everything of the room lies here, and is there again at the next start. */
  readonly directory: string
  /** One attested key service `shared-keys` unless told. */
  readonly keyServices?: readonly KeyServicePlan[]
  /** 1 unless told */
  readonly executors?: number
  /** name of a service → parts of its configuration that replace what stands there */
  readonly overrides?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  /** The hardware that executors and attested key services run on, simulated: SEV-SNP unless told. */
  readonly platform?: Evidence['tee']
  /** A simulated platform of that kind that several rooms share; the room's own unless told. */
  readonly platformFile?: string
  /** Adds a NATS user that may do everything, for tests that look into streams. */
  readonly natsAdmin?: boolean
  /** After how long (ms) an event or a run whose receiver fell silent goes to the next one: 20 s unless told, over 5 s. */
  readonly redeliverAfterMs?: number
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error'
  /** Called when a process of the room ends though nobody asked it to. */
  readonly onUnexpectedExit?: (name: string, how: string) => void
  /** Says what happens, for a screen. */
  readonly onProgress?: (what: string) => void
  /** Ends the start; a room that has started is stopped with `stop`. */
  readonly signal?: AbortSignal
}
