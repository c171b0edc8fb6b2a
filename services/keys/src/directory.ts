import { RunDirectoryService } from '@reinraum/proto'
import { createRpcClient, type TlsIdentity, withRetry } from '@reinraum/rpc'

/** Where statements behind an event's references are fetched. */
export interface Directory {
  /**
   * A contract and every revocation of it, as governance shows them: unverified, and possibly not all.
   * @throws ReinraumError `not-found`, `unavailable`
   */
  revocationsOf(contractId: string): Promise<{ readonly contract: Uint8Array; readonly revocations: readonly Uint8Array[] }>
  close(): void
}

/** Governance over mutual TLS. */
export function connectDirectory(address: string, tls: TlsIdentity): Directory {
  const client = createRpcClient(RunDirectoryService, { address, tls, serverId: 'governance' })
  return {
    revocationsOf: (contractId) => withRetry(() => client.getRevocations({ contractId }), { attempts: 3 }),
    close: () => client.close(),
  }
}
