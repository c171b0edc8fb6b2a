import { setTimeout as sleep } from 'node:timers/promises'
import { isReinraumError } from '@reinraum/crypto'
import { type EventRecord, receiveOnce } from '@reinraum/kit'
import { sql } from 'kysely'
import { learnRevocations } from './learn-revocations.ts'
import type { KeyService } from './seal/key-service.ts'
import type { Vault } from './vault.ts'

const longestPauseMs = 10_000

export interface RevocationLookups {
  /** Notes durably that a contract has a new revocation; it is looked up at once, and until that succeeds. */
  note(event: EventRecord): Promise<void>
  /** Ends after the lookup in progress. What is left is done after the next start. */
  stop(): Promise<void>
}

/**
 * Fetches revocations after their events. An event is received as soon as it is noted, so that a governance service that is
 * away for longer than a message is delivered again does not make a revocation get lost.
 */
export function startRevocationLookups(service: KeyService): RevocationLookups {
  const { store, log } = service.site
  const stopping = new AbortController()
  let bell = Promise.withResolvers<void>()
  const loop = run()
  service.onChange(() => bell.resolve())

  async function run(): Promise<void> {
    let failures = 0
    while (!stopping.signal.aborted) {
      const rung = bell.promise
      try {
        // While sealed they stay noted: nothing is released meanwhile.
        if (!service.isSealed()) await service.use((vault) => lookUpAll(vault, stopping.signal))
        failures = 0
        await rung
        bell = Promise.withResolvers<void>()
      } catch (error) {
        log.warn({ err: error }, 'revocations cannot be looked up')
        const pause = Math.min(longestPauseMs, 200 * 2 ** failures++)
        await sleep(pause, undefined, { signal: stopping.signal }).catch(() => undefined)
      }
    }
  }

  return {
    async note({ id, contractId }) {
      await receiveOnce(store, id, async (trx) => {
        await trx
          .insertInto('due_lookups')
          .values({ contract_id: contractId, generation: 1 })
          .onConflict((conflict) => conflict.column('contract_id').doUpdateSet({ generation: sql<number>`generation + 1` }))
          .execute()
      })
      bell.resolve()
    },
    async stop() {
      stopping.abort()
      bell.resolve()
      await loop
    },
  }
}

async function lookUpAll(vault: Vault, stopping: AbortSignal): Promise<void> {
  for (const { contract_id, generation } of await vault.store.db.selectFrom('due_lookups').selectAll().execute()) {
    if (stopping.aborted) return
    const keep = await learnRevocations(vault, contract_id).catch((error: unknown) => ignoreForeign(vault, contract_id, error))
    await vault.store.transaction(async (trx) => {
      await keep?.(trx)
      // A revocation that was noted meanwhile has raised the generation, and is looked up again.
      await trx.deleteFrom('due_lookups').where('contract_id', '=', contract_id).where('generation', '=', generation).execute()
    })
  }
}

/** A contract that is no concern of this service, or that governance cannot show in a valid form, is let go. */
function ignoreForeign(vault: Vault, contractId: string, error: unknown): undefined {
  const passing = ['unavailable', 'deadline-exceeded', 'internal', 'storage-full', 'resource-exhausted']
  if (!isReinraumError(error) || passing.includes(error.code)) throw error
  vault.log.info({ contractId, reason: error.code }, 'revocations of a contract are not for this service')
}
