import { constantTimeEqual, toHex } from '@reinraum/crypto'
import { failed, notAsked, type Outcome, passed, waived } from '../../checks/outcome.ts'
import { appraiseEventLog } from '../../event-log/appraise-event-log.ts'
import type { AttestationReason } from '../../result.ts'
import type { TdxSubject } from '../subject.ts'
import { authentic } from './authentic.ts'
import type { TdxRule } from './rule.ts'

export const referenceChecks: readonly TdxRule[] = [
  { name: 'mrtd', claim: 'executables', needs: authentic, run: onField('mrtd', 'measurement-mismatch') },
  { name: 'rtmr', claim: 'executables', needs: authentic, run: checkRtmrs },
  { name: 'mr-config-id', claim: 'configuration', needs: authentic, run: onField('mrConfigId', 'config-id-mismatch') },
  { name: 'mr-owner', claim: 'configuration', needs: authentic, run: onField('mrOwner', 'owner-mismatch') },
  { name: 'mr-owner-config', claim: 'configuration', needs: authentic, run: onField('mrOwnerConfig', 'owner-config-mismatch') },
  { name: 'mr-seam', claim: 'hardware', needs: authentic, run: onField('mrSeam', 'seam-mismatch') },
  { name: 'event-log', claim: 'executables', needs: authentic, run: checkEventLog },
  { name: 'report-data', claim: 'instance-identity', needs: authentic, run: checkReportData },
]

function onField(
  field: 'mrtd' | 'mrConfigId' | 'mrOwner' | 'mrOwnerConfig' | 'mrSeam',
  reason: AttestationReason,
): TdxRule['run'] {
  return ({ quote, reference }) => {
    const accepted = reference[field]
    if (accepted === undefined) return notAsked('no reference value')
    const value = toHex(quote.body[field])
    return accepted.includes(value) ? passed(value) : failed(reason, value)
  }
}

function checkRtmrs({ quote, reference }: TdxSubject): Outcome {
  const asked: string[] = []
  for (const [index, accepted] of [reference.rtmr0, reference.rtmr1, reference.rtmr2, reference.rtmr3].entries()) {
    const value = toHex(quote.body.rtmr[index] ?? new Uint8Array(0))
    if (accepted === undefined) continue
    if (!accepted.includes(value)) return failed('rtmr-mismatch', `RTMR${index} ${value}`)
    asked.push(`RTMR${index}`)
  }
  const compared = asked.join(', ')
  if (reference.paravisor !== undefined && asked.length === 0) return notAsked("the paravisor's registers are compared")
  // MRTD is the firmware's; the kernel and all that follows are in these.
  if (reference.paravisor === undefined && (reference.rtmr1 === undefined || reference.rtmr2 === undefined)) {
    return waived('rtmr', `compared: ${compared || 'none'}; NOTHING is known of the kernel that the firmware started`)
  }
  return passed(compared)
}

function checkEventLog({ eventLog, quote, reference }: TdxSubject): Outcome {
  if (eventLog === null) {
    return reference.eventLog === 'required' ? failed('event-log-missing', 'no event log') : notAsked('no event log')
  }
  const log = appraiseEventLog(eventLog, quote.body.rtmr)
  return log.ok
    ? passed(`${log.events} events replay to the RTMRs, ${log.verified} of them recomputed`)
    : failed(log.reason, log.detail)
}

function checkReportData({ quote, expected }: TdxSubject): Outcome {
  return constantTimeEqual(quote.body.reportData, expected.reportData)
    ? passed(toHex(quote.body.reportData))
    : failed('report-data-mismatch', 'the evidence was made for something else')
}
