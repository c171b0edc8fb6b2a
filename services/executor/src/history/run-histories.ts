import { setImmediate as nextTurn } from 'node:timers/promises'
import { type CellStatement, comparisonSql, type PackedCell, packCells } from '@reinraum/policy'
import type { VerifiedRun } from '@reinraum/statements'
import type { Compare } from '../child/dialogue.ts'
import type { Comparison } from '../child/job.ts'
import type { Executor } from '../executor.ts'
import { custodiesOf } from '../run/custodies.ts'
import type { ObtainedKeys } from '../run/obtain-keys.ts'
import { openCopy } from './history-copy.ts'
import { openSlotHistory, type SlotHistory } from './slot-history.ts'

/** The histories of all slots of a run whose results are compared with earlier ones. */
export interface RunHistories {
  readonly comparisons: readonly Comparison[]
  readonly compare: Compare
  readonly keep: () => Promise<void>
}

/** @throws ReinraumError `threshold-not-reached`, `history-unreadable`, and those of key services */
export async function openRunHistories(
  executor: Pick<Executor, 'keyRelease' | 'engine'>,
  run: VerifiedRun,
  { histories }: Pick<ObtainedKeys, 'histories'>,
  statements: readonly CellStatement[],
  signal: AbortSignal,
): Promise<RunHistories> {
  const slots = new Map<string, SlotHistory>()
  for (const { slot, services, threshold } of custodiesOf(run)) {
    const output = run.contract.document.slots.find(({ id }) => id === slot)?.rule.output
    if (output?.differencing === undefined) continue
    const minimum = output.minimumGroupSize
    const copies = [...histories].flatMap(([keyService, released]) => {
      const history = released.get(slot)
      if (history === undefined) return []
      const place = { keyService, contract: run.contract.id, slot }
      const service = executor.keyRelease(keyService)
      return [
        openCopy({ place, released: history, service, runId: run.run.id, kind: { engine: executor.engine, minimum }, signal }),
      ]
    })
    const quorum = Math.max(threshold, Math.floor(services.length / 2) + 1)
    slots.set(slot, await openSlotHistory({ slot, minimum, copies, quorum }))
  }
  return {
    comparisons: statements.map(comparisonSql),
    async compare(index, cells) {
      const hidden: number[][] = []
      for (const [i, sketch] of (statements[index]?.sketches ?? []).entries()) {
        const history = slots.get(sketch.slot)
        if (history === undefined) throw new Error(`no history of ${sketch.slot}`)
        hidden.push(await notAdmitted(packCells(cells[i] ?? [], sketch), history, signal))
      }
      return hidden
    },
    async keep() {
      for (const history of slots.values()) await history.keep()
    },
  }
}

/** Others have their turn in between: a long history times a long result takes its time. */
async function notAdmitted(cells: readonly PackedCell[], { shown }: SlotHistory, signal: AbortSignal): Promise<number[]> {
  const rows: number[] = []
  for (const [i, { row, sketch }] of cells.entries()) {
    if (!shown.admit(sketch)) rows.push(row)
    if (i % 100 !== 99) continue
    await nextTurn()
    signal.throwIfAborted()
  }
  return rows
}
