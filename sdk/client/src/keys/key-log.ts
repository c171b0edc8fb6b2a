import { isReinraumError, ReinraumError } from '@reinraum/crypto'
import { KeyAdministrationService } from '@reinraum/proto'
import {
  type Administration,
  type Release,
  type Verified,
  type VerifiedContract,
  verifyAdministration,
  verifyRelease,
} from '@reinraum/statements'
import type { Session } from '../session.ts'

/** The log of one key service under a contract, as far as it was verified. */
export interface KeyLog {
  readonly keyService: string
  readonly releases: readonly Verified<Release>[]
  readonly acts: readonly Verified<Administration>[]
  /** why the log ends here: the key service is away, or what it showed is not one whole chain that it signed */
  readonly broken: string | null
}

/**
 * Reads what every key service of the contract released, refused and did, and verifies each entry against the keys that the
 * contract pins, and that no entry is left out between others. That the last ones are there shows only in comparison with an
 * entry that somebody kept.
 */
export async function readKeyLogs(session: Session, contract: VerifiedContract): Promise<readonly KeyLog[]> {
  return Promise.all(contract.document.keyServices.map(({ id }) => readKeyLog(session, contract, id)))
}

async function readKeyLog(session: Session, contract: VerifiedContract, keyService: string): Promise<KeyLog> {
  const releases: Verified<Release>[] = []
  const acts: Verified<Administration>[] = []
  try {
    await readChain(keyService, releases, {
      page: async (afterSequence) => {
        const page = await session.keyService(keyService).listReleases({ contractId: contract.id, afterSequence })
        return { statements: page.releases, more: page.more }
      },
      verify: (statement) => verifyRelease(statement, contract),
    })
    await readChain(keyService, acts, {
      page: async (afterSequence) => {
        const client = session.ofKeyService(KeyAdministrationService, keyService)
        const page = await client.listAdministration({ contractId: contract.id, afterSequence })
        return { statements: page.acts, more: page.more }
      },
      verify: (statement) => verifyAdministration(statement, contract),
    })
    return { keyService, releases, acts, broken: null }
  } catch (error) {
    // A key service that was never given a key does not know the contract.
    const unknown = isReinraumError(error) && error.code === 'key-unknown' && releases.length + acts.length === 0
    const broken = isReinraumError(error) ? `${error.message} (${error.code})` : 'internal'
    return { keyService, releases, acts, broken: unknown ? null : broken }
  }
}

interface Chain<T> {
  page(afterSequence: number): Promise<{ readonly statements: readonly Uint8Array[]; readonly more: boolean }>
  verify(statement: Uint8Array): Promise<Verified<T & (Release | Administration)>>
}

async function readChain<T extends Release | Administration>(keyService: string, entries: Verified<T>[], chain: Chain<T>) {
  for (;;) {
    const { statements, more } = await chain.page(entries.length)
    for (const statement of statements) {
      const entry = await chain.verify(statement)
      const { sequence, previous, keyService: by } = entry.document
      if (by !== keyService || sequence !== entries.length + 1 || previous !== (entries.at(-1)?.id ?? null))
        throw new ReinraumError('invalid-statement', `after entry ${entries.length} the log does not go on`)
      entries.push(entry as Verified<T>)
    }
    if (!more) return
    if (statements.length === 0)
      throw new ReinraumError('invalid-statement', `after entry ${entries.length} there is more, unseen`)
  }
}
