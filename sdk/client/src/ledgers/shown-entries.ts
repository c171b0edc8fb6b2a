import type { MessageShape } from '@bufbuild/protobuf'
import { ReinraumError } from '@reinraum/crypto'
import type { Charge } from '@reinraum/privacy'
import {
  type LedgerChargeSchema,
  LedgerEntryKind,
  type LedgerEntrySchema,
  type LedgerEventSchema,
  LedgerService,
} from '@reinraum/proto'
import type { DigestId, LedgerEvent, ShownEntry } from '@reinraum/statements'
import type { Session } from '../session.ts'

/** What a key service says of a ledger. Nothing of it is verified yet. */
export async function fetchLedger(
  session: Session,
  keyService: string,
  asked: { readonly contractId: DigestId; readonly ledger: DigestId },
): Promise<{ readonly said: { readonly sequence: number; readonly digest: DigestId }; readonly entries: readonly ShownEntry[] }> {
  const client = session.ofKeyService(LedgerService, keyService)
  const { sequence, digest } = await client.getLedger(asked)
  const entries: ShownEntry[] = []
  for (;;) {
    const page = await client.listLedgerEntries({ ...asked, afterSequence: entries.length })
    entries.push(...page.entries.map(shownEntry))
    if (!page.more) return { said: { sequence, digest }, entries }
    if (page.entries.length === 0) throw malformed('there is more of it, unseen')
  }
}

function shownEntry(message: MessageShape<typeof LedgerEntrySchema>): ShownEntry {
  const { sequence, kind, charge, charged, spent, eventDigest: event } = message
  return {
    entry: { sequence, kind: kindOf(kind), charge: chargeOf(charge), charged: chargeOf(charged), spent: chargeOf(spent), event },
    event: message.event === undefined ? null : eventOf(message.event),
  }
}

function kindOf(kind: LedgerEntryKind): ShownEntry['entry']['kind'] {
  switch (kind) {
    case LedgerEntryKind.DEBIT:
      return 'debit'
    case LedgerEntryKind.ENTERED:
      return 'entered'
    default:
      throw malformed('an entry is of no known kind')
  }
}

function eventOf({ contractId, runId, slot, manifestId, at, origin }: MessageShape<typeof LedgerEventSchema>): LedgerEvent {
  const time = new Date(Number(at))
  if (Number.isNaN(time.getTime())) throw malformed('an entry has no time')
  const shown = origin === undefined ? null : { digest: origin.digest, spent: chargeOf(origin.spent) }
  return { contract: contractId, run: runId, slot, manifest: manifestId, at: time.toISOString(), origin: shown }
}

function chargeOf(message: MessageShape<typeof LedgerChargeSchema> | undefined): Charge {
  const charge = { epsilon: Number(message?.epsilon), delta: Number(message?.delta) }
  if (!Number.isSafeInteger(charge.epsilon) || !Number.isSafeInteger(charge.delta)) throw malformed('an amount is no count')
  return charge
}

function malformed(what: string): ReinraumError {
  return new ReinraumError('ledger-broken', `the key service shows no ledger: ${what}`)
}
