import { reportData } from '../simulated-evidence.ts'
import type { Fault } from './fault.ts'

export const referenceFaults: readonly Fault[] = [
  {
    when: 'other code was launched',
    check: 'measurement',
    reason: 'measurement-mismatch',
    overrides: { report: { measurement: new Uint8Array(48).fill(1) } },
  },
  {
    when: 'the guest has another configuration',
    check: 'host-data',
    reason: 'host-data-mismatch',
    reference: { hostData: ['11'.repeat(32)] },
  },
  {
    when: 'the identity block is signed by another key',
    check: 'id-key',
    reason: 'id-key-mismatch',
    reference: { idKeys: [{ digest: '11'.repeat(48), minimumGuestSvn: 0 }] },
  },
  {
    when: 'the guest is older than its key may have signed',
    check: 'id-key',
    reason: 'id-key-mismatch',
    overrides: { report: { guestSvn: 4, idKeyDigest: new Uint8Array(48).fill(0x11) } },
    reference: { idKeys: [{ digest: '11'.repeat(48), minimumGuestSvn: 5 }] },
  },
  {
    when: 'the chip is not on the list',
    check: 'chip-allowed',
    reason: 'chip-not-allowed',
    reference: { chipIds: ['11'.repeat(64)] },
  },
  {
    when: 'the product is not on the list',
    check: 'product-allowed',
    reason: 'product-denied',
    reference: { policy: { products: ['Turin'] } },
  },
  {
    when: 'the evidence was made for something else',
    check: 'report-data',
    reason: 'report-data-mismatch',
    reportData: reportData.map((byte, index) => (index === 63 ? byte ^ 1 : byte)),
  },
  {
    when: 'the expected report data is cut short',
    check: 'report-data',
    reason: 'report-data-mismatch',
    reportData: reportData.subarray(0, 63),
  },
]
