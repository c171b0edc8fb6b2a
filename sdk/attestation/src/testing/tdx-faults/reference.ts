import { concatBytes, utf8 } from '@reinraum/crypto'
import { encodeEventLog } from '../../simulator/tdx/event-log.ts'
import { reportData } from '../simulated-evidence.ts'
import { events, rtmrs } from '../simulated-tdx-evidence.ts'
import { faultsOf, quoteKinds, type TdxFault } from './fault.ts'

const other = '11'.repeat(48)
const otherBytes = new Uint8Array(48).fill(0x11)

/** Every register of every kind of quote, changed in the quote and not in the reference values. */
function changed(field: 'mrtd' | 'mrConfigId' | 'mrOwner' | 'mrOwnerConfig' | 'mrSeam', what: string) {
  return [
    ...quoteKinds.map((guest) => ({
      when: `${what} (version ${guest.version}, TD ${guest.body})`,
      guest,
      overrides: { body: { [field]: otherBytes } },
    })),
    { when: `${what}, as the reference values name it`, reference: { [field]: [other] } },
  ]
}

const bypass = 'event data is validated on a list that is not replayed (dstack 1294)'

const eventLog: readonly TdxFault[] = [
  ...faultsOf({ check: 'event-log', reason: 'event-log-missing' }, [
    { when: 'the event log is required and does not come along', overrides: { evidence: ({ tee, quote }) => ({ tee, quote }) } },
  ]),
  ...faultsOf({ check: 'event-log', reason: 'event-log-malformed' }, [
    { when: 'the event log is empty', overrides: { eventLog: () => new Uint8Array() } },
    { when: 'the event log ends within its last event', overrides: { eventLog: () => encodeEventLog(events, 0).slice(0, -1) } },
    { when: 'something follows the events', overrides: { eventLog: (log) => concatBytes(log, Uint8Array.of(1)) } },
    {
      when: 'the event log is malformed although it need not come along',
      overrides: { eventLog: () => new Uint8Array() },
      reference: { eventLog: 'if-present' },
    },
  ]),
  ...faultsOf({ check: 'event-log', reason: 'event-log-mismatch' }, [
    ...events.map((event, index) => ({
      when: `event ${index + 1} is left out (RTMR${event.rtmr})`,
      overrides: { eventLog: () => encodeEventLog(events.toSpliced(index, 1)) },
    })),
    {
      when: 'an event is added that no register was extended with',
      overrides: { eventLog: () => encodeEventLog([...events, { rtmr: 3, type: 5, data: utf8('more') }]) },
    },
    {
      when: 'two events are exchanged',
      overrides: { eventLog: () => encodeEventLog([...events.slice(1, 2), ...events.slice(0, 1), ...events.slice(2)]) },
    },
    { when: 'the log has no events', overrides: { eventLog: () => encodeEventLog([]) } },
    {
      when: 'the log does not lead to the registers, although it need not come along',
      overrides: { eventLog: () => encodeEventLog(events.slice(1)) },
      reference: { eventLog: 'if-present' },
    },
  ]),
  ...faultsOf({ check: 'event-log', reason: 'event-digest-mismatch' }, [
    ...[0, 3, 4, 5].map((index) => ({
      when: `event ${index + 1} says something else than what was measured`,
      bypass: bypass as typeof bypass,
      // The registers are still right: only the digest is replayed.
      overrides: {
        eventLog: (log: Uint8Array) => {
          const text = Buffer.from(log).toString('latin1')
          const data = Buffer.from(events[index]?.data ?? []).toString('latin1')
          const at = text.indexOf(data)
          return log.with(at, (log[at] ?? 0) ^ 1)
        },
      },
    })),
  ]),
]

export const referenceFaults: readonly TdxFault[] = [
  ...faultsOf({ check: 'mrtd', reason: 'measurement-mismatch' }, changed('mrtd', 'other code was launched')),
  ...faultsOf(
    { check: 'rtmr', reason: 'rtmr-mismatch' },
    rtmrs.map((_, index) => ({ when: `RTMR${index} is another one`, reference: { [`rtmr${index}`]: [other] } })),
  ),
  ...faultsOf(
    { check: 'rtmr', reason: 'rtmr-mismatch' },
    quoteKinds.flatMap((guest) =>
      rtmrs.map((_, index) => ({
        when: `RTMR${index} was extended with something else (version ${guest.version}, TD ${guest.body})`,
        guest: { ...guest, rtmrs: [0, 1, 2, 3].map((n) => (n === index ? other : rtmrs[n])) as unknown as typeof rtmrs },
        reference: { eventLog: 'if-present' as const },
      })),
    ),
  ),
  ...faultsOf({ check: 'mr-config-id', reason: 'config-id-mismatch' }, changed('mrConfigId', 'the TD has another configuration')),
  ...faultsOf({ check: 'mr-owner', reason: 'owner-mismatch' }, changed('mrOwner', 'the TD has another owner')),
  ...faultsOf(
    { check: 'mr-owner-config', reason: 'owner-config-mismatch' },
    changed('mrOwnerConfig', 'the owner has another configuration'),
  ),
  ...faultsOf({ check: 'mr-seam', reason: 'seam-mismatch' }, changed('mrSeam', 'the TDX module is another one')),
  ...eventLog,
  ...faultsOf({ check: 'report-data', reason: 'report-data-mismatch' }, [
    ...quoteKinds.map((guest) => ({
      when: `the evidence was made for something else (version ${guest.version}, TD ${guest.body})`,
      guest,
      reportData: reportData.map((byte, index) => (index === 63 ? byte ^ 1 : byte)),
    })),
    { when: 'the expected report data is cut short', reportData: reportData.subarray(0, 63) },
  ]),
]
