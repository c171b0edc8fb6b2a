import { KeyReleaseService, KeysService, LedgerService, SealService, WorkloadIdentityService } from '@reinraum/proto'
import { methodPath, type RpcServerOptions } from '@reinraum/rpc'
import { longestHistoryEntry } from '@reinraum/statements'

type PortBounds = Required<Pick<RpcServerOptions, 'rates' | 'requestBytes'>>

const { unseal, getUnsealShare, getSealStatus } = SealService.method
const { describeKey, listReleases } = KeysService.method
const { getLedger, listLedgerEntries } = LedgerService.method
const { issueNonce, renewLease, readHistory, appendHistory } = KeyReleaseService.method
const { issueIdentityNonce, issueIdentity, getTrustBundle } = WorkloadIdentityService.method

const kib = 1024

/** What parties may ask for how often, and how large, where that is less than on any port. */
export const partiesPortBounds: PortBounds = {
  rates: {
    perMethod: {
      // A PIN is short: whoever guesses gets nowhere. A holder has one share to give.
      [methodPath(unseal)]: { burst: 5, perSecond: 5 / 60 },
    },
  },
  requestBytes: {
    [methodPath(unseal)]: 32 * kib,
    [methodPath(getUnsealShare)]: kib,
    [methodPath(getSealStatus)]: kib,
    [methodPath(describeKey)]: kib,
    [methodPath(listReleases)]: kib,
    [methodPath(getLedger)]: kib,
    [methodPath(listLedgerEntries)]: kib,
  },
}

/** What services may. */
export const servicesPortBounds: PortBounds = {
  rates: {
    perMethod: {
      // Nonces are kept for five minutes: at this rate one caller alone does not use up the 20,000 that there are.
      [methodPath(issueNonce)]: { burst: 2000, perSecond: 50 },
      [methodPath(issueIdentityNonce)]: { burst: 60, perSecond: 2 },
      [methodPath(issueIdentity)]: { burst: 60, perSecond: 2 },
      [methodPath(getTrustBundle)]: { burst: 60, perSecond: 2 },
    },
  },
  requestBytes: {
    [methodPath(issueNonce)]: kib,
    [methodPath(renewLease)]: kib,
    [methodPath(readHistory)]: kib,
    [methodPath(appendHistory)]: longestHistoryEntry + kib,
    [methodPath(issueIdentityNonce)]: kib,
    [methodPath(getTrustBundle)]: kib,
  },
}
