import { Enumerated, Integer, ObjectIdentifier, OctetString, Sequence } from 'asn1js'
import { expect, it } from 'vitest'
import { pckExtension } from '../simulator/tdx/pck-extension.ts'
import { pckExtensionOid, readPckExtension } from './pck-extension.ts'

const content = {
  ppid: new Uint8Array(16).fill(1),
  components: Array.from({ length: 16 }, (_, index) => 240 + index),
  pceSvn: 0xff01,
  cpuSvn: new Uint8Array(16).fill(2),
  pceId: Uint8Array.of(3, 4),
  fmspc: Uint8Array.of(5, 6, 7, 8, 9, 10),
  sgxType: 1,
  platformInstanceId: new Uint8Array(16).fill(11),
  configuration: { dynamicPlatform: true, cachedKeys: false, smtEnabled: true },
}
const encoded = (changes: Partial<typeof content> = {}) => new Uint8Array(pckExtension({ ...content, ...changes }).value)

type Entry = readonly [oid: string, value: Sequence | OctetString | Integer]
const octets = (length: number) => new OctetString({ valueHex: new Uint8Array(length) })
function sequenceOf(entries: readonly Entry[]): Sequence {
  const value = entries.map(([oid, block]) => {
    return new Sequence({ value: [new ObjectIdentifier({ value: `${pckExtensionOid}.${oid}` }), block] })
  })
  return new Sequence({ value })
}
const tcb: readonly Entry[] = [
  ...Array.from({ length: 16 }, (_, index): Entry => [`2.${index + 1}`, new Integer({ value: index })]),
  ['2.17', new Integer({ value: 7 })],
  ['2.18', octets(16)],
]
function entries(changes: { readonly tcb?: readonly Entry[]; readonly [oid: string]: unknown } = {}): readonly Entry[] {
  return [
    ['1', octets(16)],
    ['2', sequenceOf(changes.tcb ?? tcb)],
    ['3', octets(2)],
    ['4', octets(6)],
    ['5', new Enumerated({ value: 0 })],
  ]
}
const readEntries = (list: readonly Entry[]) => readPckExtension(new Uint8Array(sequenceOf(list).toBER()))
const without = (list: readonly Entry[], oid: string) => list.filter(([name]) => name !== oid)
const replaced = (list: readonly Entry[], [oid, value]: Entry) =>
  list.map((entry): Entry => (entry[0] === oid ? [oid, value] : entry))

it('every entry is read', () => {
  expect(readPckExtension(encoded())).toEqual({
    ppid: '01'.repeat(16),
    components: content.components,
    pceSvn: 0xff01,
    cpuSvn: '02'.repeat(16),
    pceId: '0304',
    fmspc: '05060708090a',
    sgxType: 1,
    platformInstanceId: '0b'.repeat(16),
  })
})

it('a certificate of the Processor CA says nothing of an instance', () => {
  expect(readEntries(entries())).toMatchObject({ platformInstanceId: null, pceSvn: 7 })
})

it.each(['1', '2', '3', '4', '5'])('entry %s must be there, and once', (oid) => {
  expect(readEntries(without(entries(), oid))).toBeNull()
  const twice = entries().flatMap((entry) => (entry[0] === oid ? [entry, entry] : [entry]))
  expect(readEntries(twice)).toBeNull()
})

it.each(tcb.map(([oid]) => oid))('TCB entry %s must be there, and once', (oid) => {
  expect(readEntries(entries({ tcb: without(tcb, oid) }))).toBeNull()
  expect(readEntries(entries({ tcb: tcb.flatMap((entry) => (entry[0] === oid ? [entry, entry] : [entry])) }))).toBeNull()
})

it.each<[string, Entry]>([
  ['a PPID that is too short', ['1', octets(15)]],
  ['a PCE id that is too long', ['3', octets(3)]],
  ['an FMSPC that is too short', ['4', octets(5)]],
  ['an FMSPC that is a number', ['4', new Integer({ value: 1 })]],
  ['a TCB that is no list', ['2', octets(16)]],
  ['a type that is unknown', ['5', new Enumerated({ value: 3 })]],
])('%s is refused', (_, entry) => {
  expect(readEntries(replaced(entries(), entry))).toBeNull()
})

it.each<[string, Entry]>([
  ['a component over 255', ['2.1', new Integer({ value: 256 })]],
  ['a component below 0', ['2.1', new Integer({ value: -1 })]],
  ['a version of the PCE over 65535', ['2.17', new Integer({ value: 65_536 })]],
  ['a CPUSVN that is too short', ['2.18', octets(15)]],
])('%s is refused', (_, entry) => {
  expect(readEntries(entries({ tcb: replaced(tcb, entry) }))).toBeNull()
})

it('an entry that is unknown, or named by a longer OID, is refused', () => {
  expect(readEntries([...entries(), ['8', octets(1)]])).toBeNull()
  expect(readEntries([...entries(), ['4.1', octets(6)]])).toBeNull()
  expect(readEntries(entries({ tcb: [...tcb, ['2.19', octets(1)]] }))).toBeNull()
})

it('bytes around it, or none at all, are refused', () => {
  expect(readPckExtension(Uint8Array.of(...encoded(), 0))).toBeNull()
  expect(readPckExtension(encoded().subarray(0, -1))).toBeNull()
  expect(readPckExtension(new Uint8Array(0))).toBeNull()
})
