import { constantTimeEqual, ReinraumError } from '@reinraum/crypto'
import type { PackedSketches } from '@reinraum/policy'
import type { KeyReleaseService } from '@reinraum/proto'
import type { Client } from '@reinraum/rpc'
import { emptyHistory, extendHistory, type HistoryPlace, historyProof } from '@reinraum/statements'
import type { ReleasedHistory } from '../run/open-histories.ts'
import { openEntry, type SketchKind, sealEntry } from './entry.ts'

type Service = Pick<Client<typeof KeyReleaseService>, 'readHistory' | 'appendHistory'>

/** The history of one slot as one key service has it. */
export interface HistoryCopy {
  readonly keyService: string
  /** What was appended since the last time. @throws ReinraumError `history-unreadable`, and those of the call */
  readonly read: () => Promise<readonly PackedSketches[]>
  /** @returns whether the entry stands; false when others came first: read them, and try again */
  readonly append: (sketches: PackedSketches) => Promise<boolean>
}

export interface CopyOptions {
  readonly place: HistoryPlace
  readonly released: ReleasedHistory
  readonly service: Service
  readonly runId: string
  readonly kind: SketchKind
  readonly signal: AbortSignal
}

/** Nothing that the channel says is believed: the release says where the history ended, and the rest is proved with its key. */
export function openCopy({ place, released, service, runId, kind, signal }: CopyOptions): HistoryCopy {
  const { key } = released
  let [head, known]: [string, number] = [emptyHistory(place), 0]
  const { slot } = place
  return {
    keyService: place.keyService,
    async read() {
      const { entries } = await service.readHistory({ runId, slot, after: known }, { signal })
      const read: PackedSketches[] = []
      for (const entry of entries) {
        read.push(openEntry(key, place, head, entry, kind))
        head = extendHistory(head, entry)
        known += 1
        if (known === released.entries && head !== released.head) throw lacking(place)
      }
      if (known < released.entries || (released.entries === 0 && released.head !== emptyHistory(place))) throw lacking(place)
      return read
    },
    async append(sketches) {
      const entry = sealEntry(key, place, head, sketches, kind)
      const next = extendHistory(head, entry)
      const said = { run: runId, head: next }
      const proof = historyProof(key, place, { what: 'append', ...said })
      const { outcome } = await service.appendHistory({ runId, slot, expectedHead: head, entry, proof }, { signal })
      if (outcome.case === 'moved') return false
      const appended = historyProof(key, place, { what: 'appended', ...said })
      if (outcome.case !== 'proof' || !constantTimeEqual(outcome.value, appended)) {
        throw new ReinraumError('key-mismatch', `key service ${place.keyService} did not prove that it kept what was shown`)
      }
      head = next
      known += 1
      return true
    },
  }
}

function lacking({ keyService, slot }: HistoryPlace): ReinraumError {
  return new ReinraumError(
    'history-unreadable',
    `key service ${keyService} gave another history of ${slot} than its release names`,
  )
}
