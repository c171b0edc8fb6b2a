import { faultsOf, quoteKinds, type TdxFault } from './fault.ts'

const septVeDisable = 1n << 28n
/** the attributes of a perfect TD, and one bit more */
export const withBit = (bit: number) => ({ body: { tdAttributes: septVeDisable | (1n << BigInt(bit)) } })
export const serviceTd = new Uint8Array(48).fill(0x5e)

/** The same fault in every kind of quote. */
function inEveryKind(what: string, overrides: TdxFault['overrides'] & object, bypass?: TdxFault['bypass']) {
  return quoteKinds.map((guest) => ({
    when: `${what} (version ${guest.version}, TD ${guest.body})`,
    guest,
    overrides,
    ...(bypass ? { bypass } : {}),
  }))
}

export const tdFaults: readonly TdxFault[] = [
  ...faultsOf(
    { check: 'td-attributes', reason: 'td-attributes-invalid' },
    [1, 7, 8, 26, 32, 62].map((bit) => ({ when: `the reserved attribute ${bit} of the TD is set`, overrides: withBit(bit) })),
  ),
  ...faultsOf(
    { check: 'td-attributes', reason: 'td-attributes-invalid' },
    inEveryKind('the TD may be migrated to another platform', withBit(29)),
  ),
  ...faultsOf(
    { check: 'debug', reason: 'debug-enabled' },
    inEveryKind('the host may debug the TD', withBit(0), 'debug is checked for one version of quote only'),
  ),
  ...faultsOf(
    { check: 'sept-ve-disable', reason: 'sept-ve-not-disabled' },
    inEveryKind('the TD gets an exception for pages that it did not accept', { body: { tdAttributes: 0n } }),
  ),
  ...faultsOf({ check: 'pks', reason: 'pks-not-allowed' }, inEveryKind('the TD uses supervisor protection keys', withBit(30))),
  ...faultsOf({ check: 'perfmon', reason: 'perfmon-not-allowed' }, inEveryKind('the TD uses performance counters', withBit(63))),
  ...faultsOf({ check: 'xfam', reason: 'xfam-invalid' }, [
    ...inEveryKind('the TD has no SSE state', { body: { xfam: 0x1n } }),
    { when: 'the TD has no x87 state', overrides: { body: { xfam: 0x2n } } },
    ...[3, 4, 10, 13, 16, 19, 63].map((bit) => ({
      when: `XFAM has bit ${bit}, which no module keeps`,
      overrides: { body: { xfam: 0x6_02e7n | (1n << BigInt(bit)) } },
    })),
  ]),
  ...faultsOf({ check: 'service-td', reason: 'service-td-not-allowed' }, [
    { when: 'a service TD is bound to the TD', guest: { version: 5 }, overrides: { body: { mrServiceTd: serviceTd } } },
    {
      when: 'a service TD is bound to the TD, and the reference values name another',
      guest: { version: 5 },
      overrides: { body: { mrServiceTd: serviceTd } },
      reference: { mrServiceTd: ['11'.repeat(48)] },
    },
  ]),
]
