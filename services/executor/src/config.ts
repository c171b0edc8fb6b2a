import { attesterConfigSchema, objectsConfigSchema, serviceConfigShape } from '@reinraum/kit'
import { z } from 'zod'

const address = z.string().min(3).max(300)

export const configSchema = z.strictObject({
  ...serviceConfigShape.shape,
  attester: attesterConfigSchema,
  /** services ports */
  governance: address,
  ingestion: address,
  release: address,
  /** where ciphertext is read: through the ingestion service, or where that keeps it */
  ciphertext: z.union([z.strictObject({ kind: z.literal('ingestion') }), objectsConfigSchema]).default({ kind: 'ingestion' }),
  /** key service id → services port */
  keyServices: z.record(z.string(), address),
  /** a folder in memory for the decrypted data of one run */
  scratch: z.string().min(2),
  allowDiskScratch: z.boolean().default(false),
  /** to run where the host refuses namespaces or privilege limits; only for development */
  allowWeakConfinement: z.boolean().default(false),
  /** to run where memory is swapped to a disk that is not encrypted; only for development */
  allowUnencryptedSwap: z.boolean().default(false),
  /** where queries spill what does not fit into their memory: a folder on an encrypted disk; they do not unless told */
  spill: z
    .strictObject({
      directory: z.string().min(2),
      /** of temporary files, per run */
      mebibytes: z.int().min(1),
    })
    .exactOptional(),
  /** of decrypted columns, between runs of one contract and as long as its lease is renewed */
  cache: z
    .strictObject({
      /** of memory; 0 keeps nothing */
      mebibytes: z.int().min(0).default(1024),
      /** without a run that wants them */
      idleSeconds: z.int().min(1).max(86_400).default(600),
    })
    .prefault({}),
  runs: z
    .strictObject({
      /** half of the processors unless told; each run may use all of them */
      atOnce: z.int().min(1).max(64).exactOptional(),
      /** of all runs together, processes and decrypted files; three quarters of the machine's unless told */
      memoryMiB: z.int().min(256).exactOptional(),
    })
    .default({}),
  runLimits: z.strictObject({
    /** for DuckDB, per run */
    memoryMiB: z.int().min(64),
    /** for decrypted data and the result, per run; what `runs.memoryMiB` leaves to one that is alone unless told */
    scratchMiB: z.int().min(1).exactOptional(),
    runTimeoutMs: z.int().min(1000),
    /** of a result's Parquet file, where the rules of its datasets do not ask for less */
    resultBytes: z
      .int()
      .min(1024)
      .default(1 << 30),
    /** a run is through with its data at multiples of this only, so that its time says little */
    releaseGridMs: z.int().min(1).default(1000),
  }),
})
export type ExecutorConfig = z.infer<typeof configSchema>
