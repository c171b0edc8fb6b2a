import { ReinraumError, sealedLength } from '@reinraum/crypto'

/** How much memory there is for runs, and what each may take of it; bytes. */
export interface MemoryPlan {
  /** of all runs at once */
  readonly totalBytes: number
  /** of one run's query process */
  readonly processBytes: number
  /** of one run's result, plain and sealed, in the memory file system */
  readonly resultBytes: number
  /** most that one run's decrypted datasets may take in the memory file system */
  readonly datasetBytes: number
  /** of what is kept in the memory file system between runs; not in `totalBytes` */
  readonly keptBytes: number
}

export interface MemoryLimits {
  /** of all runs at once; three quarters of the machine unless told */
  readonly memoryMiB?: number | undefined
  /** of one run's files; unless told, what is left beside its process */
  readonly scratchMiB?: number | undefined
  /** most that a query process can touch */
  readonly processMiB: number
  /** of a result's Parquet file */
  readonly resultBytes: number
  /** between runs, at most a quarter of what there is */
  readonly keptMiB: number
}

export interface MemoryThere {
  /** of the machine, or of the container that this is confined to */
  readonly machineBytes: number
  /** how large the file system of the scratch folder is */
  readonly scratchBytes: number
}

const mebi = 2 ** 20

/** @throws ReinraumError `invalid-argument` where the machine does not have what was configured, or not one run fits */
export function planMemory(limits: MemoryLimits, there: MemoryThere): MemoryPlan {
  const allBytes = limits.memoryMiB === undefined ? Math.floor(there.machineBytes * 0.75) : limits.memoryMiB * mebi
  require(allBytes <= there.machineBytes, 'runs.memoryMiB is more than the machine has')
  const keptBytes = Math.min(limits.keptMiB * mebi, Math.floor(Math.min(allBytes, there.scratchBytes) / 4))
  const totalBytes = allBytes - keptBytes
  const processBytes = limits.processMiB * mebi
  const most = Math.min(totalBytes - processBytes, there.scratchBytes - keptBytes)
  const scratchBytes = limits.scratchMiB === undefined ? most : limits.scratchMiB * mebi
  require(scratchBytes <= most, 'runLimits.scratchMiB is more than runs.memoryMiB or the scratch folder has room for')
  const resultBytes = limits.resultBytes + sealedResultLength(limits.resultBytes)
  require(scratchBytes > resultBytes, 'beside its process and a result of runLimits.resultBytes a run has no room for data')
  return { totalBytes, processBytes, resultBytes, datasetBytes: scratchBytes - resultBytes, keptBytes }
}

/** Padding makes it longer by a quarter at most, or 4 KiB where it is short (`reinraum/result-file/v1`). */
function sealedResultLength(length: number): number {
  return sealedLength(Math.ceil(length * 1.25) + 8192)
}

function require(holds: boolean, message: string): void {
  if (!holds) throw new ReinraumError('invalid-argument', message)
}
