import { concatBytes, toHex, utf8 } from '@reinraum/crypto'
import { parseHclReport } from '../../azure/hcl-report.ts'
import { isTdReportOf } from '../../azure/td-report.ts'
import { sha256Length } from '../../azure/tpm-layout.ts'
import { appraiseEventLog } from '../../event-log/appraise-event-log.ts'
import { parseEventLog } from '../../event-log/parse-event-log.ts'
import { replay } from '../../event-log/replay.ts'
import type { VtpmEvidence } from '../../evidence.ts'
import { type ParsedCollateral, parseCollateral } from '../../tdx/collateral.ts'
import { bodyDescriptorLength, headerLength } from '../../tdx/layout.ts'
import type { GoodEvidence } from './good-evidence.ts'

/** Bytes of evidence or endorsements that an attacker may choose. */
export interface Part {
  readonly name: string
  readonly bytes: Uint8Array
  readonly replaced: (bytes: Uint8Array) => GoodEvidence
  /** whether other bytes say the same by the part's own format; else they must be refused */
  readonly saysTheSame: (bytes: Uint8Array) => boolean
}

export function partsOf(good: GoodEvidence): readonly Part[] {
  const { evidence, endorsements } = good
  const inEvidence = (change: object) => ({ ...good, evidence: { ...evidence, ...change } }) as GoodEvidence
  const listed = (kind: 'certificates' | 'crls') =>
    endorsements[kind].map((bytes, index) =>
      exact(`${kind} ${index}`, bytes, (changed) => ({
        ...good,
        endorsements: { ...endorsements, [kind]: endorsements[kind].with(index, changed) },
      })),
    )
  const own =
    evidence.tee === 'snp'
      ? [exact('report', evidence.report, (report) => inEvidence({ report }))]
      : [padded('quote', evidence.quote, (quote) => inEvidence({ quote })), ...eventLogOf(good)]
  return [...own, ...listed('certificates'), ...listed('crls'), ...collateralOf(good), ...vtpmOf(good)]
}

function exact(name: string, bytes: Uint8Array, replaced: Part['replaced']): Part {
  return { name, bytes, replaced, saysTheSame: () => false }
}

/** Zeros may follow: quotes of version 4 and areas of a TPM have some. */
function padded(name: string, bytes: Uint8Array, replaced: Part['replaced']): Part {
  const bare = (all: Uint8Array) => toHex(all.subarray(0, all.findLastIndex((byte) => byte !== 0) + 1))
  return { name, bytes, replaced, saysTheSame: (other) => bare(other) === bare(bytes) }
}

function vtpmOf(good: GoodEvidence): readonly Part[] {
  const { vtpm } = good.evidence
  if (vtpm === undefined) return []
  const changed = (change: Partial<VtpmEvidence>) => ({ ...good, evidence: { ...good.evidence, vtpm: { ...vtpm, ...change } } })
  return [
    hclReportOf(good, vtpm.hclReport, (hclReport) => changed({ hclReport })),
    exact('message', vtpm.message, (message) => changed({ message })),
    exact('signature', vtpm.signature, (signature) => changed({ signature })),
    exact('pcrs', concatBytes(...vtpm.pcrs), (all) => changed({ pcrs: registersIn(all) })),
  ]
}

/** Of a TDREPORT only what the quote repeats is looked at: the rest stands under a MAC that its own processor alone can check. */
function hclReportOf({ evidence }: GoodEvidence, bytes: Uint8Array, replaced: Part['replaced']): Part {
  const part = padded('hclReport', bytes, replaced)
  if (evidence.tee === 'snp') return part
  const body = evidence.quote.subarray(headerLength + (evidence.quote[0] === 5 ? bodyDescriptorLength : 0))
  const runtimeData = toHex(parseHclReport(bytes)?.runtimeData ?? new Uint8Array(0))
  const repeatsTheQuote = (other: Uint8Array) => {
    const kept = parseHclReport(other)
    return kept !== null && toHex(kept.runtimeData) === runtimeData && isTdReportOf(kept.hardwareReport, body)
  }
  return { ...part, saysTheSame: (other) => part.saysTheSame(other) || repeatsTheQuote(other) }
}

/** 32 bytes each, the last as many as are left. */
function registersIn(all: Uint8Array): Uint8Array[] {
  return Array.from({ length: Math.ceil(all.length / sha256Length) }, (_, index) =>
    all.subarray(index * sha256Length, (index + 1) * sha256Length),
  )
}

/** The text as a whole, and each of its nine fields as its text. */
function collateralOf(good: GoodEvidence): readonly Part[] {
  const { collateral } = good.endorsements
  if (collateral === undefined) return []
  const fields: Readonly<Record<string, string>> = JSON.parse(Buffer.from(collateral).toString('utf8'))
  const replaced = (bytes: Uint8Array) => ({ ...good, endorsements: { ...good.endorsements, collateral: bytes } })
  const meaning = (bytes: Uint8Array) => JSON.stringify(summaryOf(parseCollateral(bytes)))
  const saysTheSame = (bytes: Uint8Array) => meaning(bytes) === meaning(collateral)
  const part = (name: string, bytes: Uint8Array, encode: (bytes: Uint8Array) => Uint8Array): Part => ({
    name,
    bytes,
    replaced: (other) => replaced(encode(other)),
    saysTheSame: (other) => saysTheSame(encode(other)),
  })
  const encodeField = (name: string) => (bytes: Uint8Array) =>
    utf8(JSON.stringify({ ...fields, [name]: Buffer.from(bytes).toString('latin1') }))
  return [
    part('collateral', collateral, (bytes) => bytes),
    ...Object.entries(fields).map(([name, text]) => part(name, utf8(text), encodeField(name))),
  ]
}

/** What is signed, and by what: white space in JSON and line ends in PEM are no part of it. */
function summaryOf(read: ParsedCollateral | null): unknown {
  if (read === null) return null
  const { rootCrl, pckCrl, tcbInfo, qeIdentity } = read
  const chains = [read.pckCrlIssuerChain, read.tcbInfoIssuerChain, read.qeIdentityIssuerChain]
  const lists = [rootCrl, pckCrl].map((list) => (typeof list === 'string' ? list : [toHex(list.signed), toHex(list.signature)]))
  const texts = [tcbInfo, qeIdentity].map(({ signed, signature }) => [toHex(signed), toHex(signature)])
  return [chains.map((chain) => chain?.map(({ sha256 }) => sha256)), lists, texts]
}

function eventLogOf(good: GoodEvidence): readonly Part[] {
  const { evidence } = good
  if (evidence.tee !== 'tdx' || evidence.eventLog === undefined) return []
  const { eventLog } = evidence
  const replaced = (bytes: Uint8Array): GoodEvidence => ({ ...good, evidence: { ...evidence, eventLog: bytes } })
  return [{ name: 'eventLog', bytes: eventLog, replaced, saysTheSame: (bytes) => tellsTheSame(bytes, eventLog) }]
}

/**
 * The type of an event and the header of the log are in no digest, nor is the data of an event that is shown as unverified:
 * only what is verified has to be what it was.
 */
function tellsTheSame(log: Uint8Array, original: Uint8Array): boolean {
  const [events, before] = [parseEventLog(log), parseEventLog(original)]
  if (events === null || before === null || events.length !== before.length) return false
  const appraisal = appraiseEventLog(log, replay(before))
  if (!appraisal.ok) return false
  return events.every(({ register, digest, data }, index) => {
    const [was, shown] = [before[index], appraisal.list[index]]
    if (was === undefined || shown === undefined || was.register !== register) return false
    return toHex(was.digest) === toHex(digest) && (!shown.verified || toHex(was.data) === toHex(data))
  })
}
