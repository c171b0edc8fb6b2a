import type {
  BitsDescription,
  CertificateDescription,
  EventLogDescription,
  EvidenceDescription,
  SnpDescription,
  TdxDescription,
} from '@reinraum/attestation'
import { lines, oneLine } from './output.ts'

type Entry = readonly [string, string | number]

/** Evidence for people, taken apart and not judged: everything in it may be a lie. */
export function evidenceText(description: EvidenceDescription): string {
  const notice = 'NOT VERIFIED: this is what the file says, and nothing proves that any hardware said it'
  if ('malformed' in description) return `${notice}\nmalformed: ${oneLine(description.malformed)}`
  return description.tee === 'snp'
    ? [`${notice}\nAMD SEV-SNP report, version ${description.report.version}`, lines(reportLines(description.report))].join('\n')
    : [`${notice}\nIntel TDX quote, version ${description.header.version}`, ...quoteText(description)].join('\n')
}

function reportLines(report: SnpDescription): Entry[] {
  const { policy, platformInfo, keyInfo, cpuid, mitigations, dirtyRanges } = report
  return [
    ['measurement', report.measurement],
    ['report data', report.reportData],
    ['host data', report.hostData],
    ['family id', report.familyId],
    ['image id', report.imageId],
    ['guest SVN', report.guestSvn],
    ['VMPL', report.vmpl],
    ['id key digest', report.idKeyDigest],
    ['author key digest', report.authorKeyDigest],
    ['report id', report.reportId],
    ['migration agent', report.migrationAgentReportId],
    ['policy', `${policy.raw}: ABI at least ${policy.abi}; ${flagsText({ ...policy })}`],
    ['platform', `${platformInfo.raw}: ${flagsText({ ...platformInfo })}`],
    [
      'key info',
      `${keyInfo.raw}: signed by ${keyInfo.signingKey ?? 'no key that can be verified'}; ${flagsText({ ...keyInfo })}`,
    ],
    ['product', `${report.product ?? 'not named'}${cpuid === null ? '' : `, ${cpuidText(cpuid)}`}`],
    ['chip id', report.chipId],
    ...(['reported', 'committed', 'current', 'launch'] as const).map(
      (which): Entry => [`${which} TCB`, tcbText(report.tcb[which])],
    ),
    ['firmware', `current ${report.firmware.current}, committed ${report.firmware.committed}`],
    [
      'mitigations',
      mitigations === null ? 'none before version 5' : `launch ${mitigations.launch}, current ${mitigations.current}`,
    ],
    ['signature', `algorithm ${report.signatureAlgorithm}\nR ${report.signature.r}\nS ${report.signature.s}`],
    ['reserved', dirtyRanges.length === 0 ? 'all zero' : `NOT ZERO: ${dirtyRanges.join(', ')}`],
  ]
}

function quoteText({ header, quote, eventLog }: TdxDescription & { readonly eventLog: EventLogDescription | null }): string[] {
  const head = lines([
    ['key type', header.keyType],
    ['TEE type', `0x${header.teeType.toString(16)}`],
    ['QE vendor', header.qeVendorId],
    ['body type', header.bodyType ?? 'none before version 5'],
  ])
  if (quote === null) return [head, 'the rest is in a layout that is not known here']
  const { quotingEnclave: enclave, trailing } = quote
  return [
    head,
    'trust domain:',
    indented(lines(bodyLines(quote.body))),
    'quoting enclave:',
    indented(lines(Object.entries(enclave).map(([name, value]): Entry => [spaced(name), value]))),
    'certificates in the quote:',
    ...(quote.certificates?.map(certificateText) ?? ['  cannot be read']),
    lines([
      ['signature', quote.signature],
      ['attestation key', quote.attestationKey],
      ['trailing bytes', trailing.length === 0 ? 'none' : `${trailing.length}, ${trailing.zero ? 'all zero' : 'NOT ZERO'}`],
    ]),
    ...(eventLog === null ? [] : eventLogText(eventLog, quote.body.rtmr)),
  ]
}

function bodyLines(body: NonNullable<TdxDescription['quote']>['body']): Entry[] {
  return [
    ['kind', `TD ${body.kind}`],
    ['MRTD', body.mrtd],
    ...body.rtmr.map((value, index): Entry => [`RTMR${index}`, value]),
    ['report data', body.reportData],
    ['MRCONFIGID', body.mrConfigId],
    ['MROWNER', body.mrOwner],
    ['MROWNERCONFIG', body.mrOwnerConfig],
    ['attributes', bitsText(body.tdAttributes)],
    ['XFAM', bitsText(body.xfam)],
    ['TEE TCB SVN', body.teeTcbSvn],
    ['MRSEAM', body.mrSeam],
    ['MRSIGNERSEAM', body.mrSignerSeam],
    ['SEAM attributes', body.seamAttributes],
    ...(body.teeTcbSvn2 === null ? [] : [['TEE TCB SVN 2', body.teeTcbSvn2] as const]),
    ...(body.mrServiceTd === null ? [] : [['MR_SERVICETD', body.mrServiceTd] as const]),
  ]
}

function certificateText({ subject, issuer, notBefore, notAfter, serial, pck }: CertificateDescription): string {
  const platform: Entry[] =
    pck === null
      ? []
      : [
          ['platform', `FMSPC ${pck.fmspc}, PCE id ${pck.pceId}, PPID ${pck.ppid}`],
          ['platform TCB', `${pck.components.join(' ')}, PCE SVN ${pck.pceSvn}`],
        ]
  const content = lines([
    ['issued by', oneLine(issuer ?? 'an issuer without a name')],
    ['valid', `${notBefore} to ${notAfter}`],
    ['serial', serial],
    ...platform,
  ])
  return indented(`${oneLine(subject ?? 'without a name')}\n${indented(content)}`)
}

function eventLogText(log: EventLogDescription, rtmr: readonly string[]): string[] {
  if ('malformed' in log) return [`event log malformed: ${oneLine(log.malformed)}`]
  const registers = log.replayed.map((value, index) => `RTMR${index} ${value === rtmr[index] ? 'agrees' : 'DIFFERS'}`)
  return [
    `event log: ${log.events.length} events; replayed, ${registers.join(', ')}`,
    ...log.events.map(
      ({ register, type, digest, text, dataLength }) =>
        `  RTMR${register} ${type} ${digest} ${oneLine(text) || `${dataLength} bytes`}`,
    ),
  ]
}

function flagsText(fields: Readonly<Record<string, unknown>>): string {
  const set = Object.entries(fields).filter(([, value]) => value === true)
  return set.length === 0 ? 'no flag set' : set.map(([name]) => spaced(name)).join(', ')
}

function bitsText({ raw, set }: BitsDescription): string {
  return `${raw}: ${set.join(', ') || 'none set'}`
}

function cpuidText({ family, model, stepping }: { readonly family: number; readonly model: number; readonly stepping: number }) {
  return `CPUID family ${family.toString(16)}h model ${model.toString(16)}h stepping ${stepping}`
}

function tcbText({ raw, parts }: SnpDescription['tcb']['reported']): string {
  if (parts === null) return `${raw}, in a layout that only the product would tell`
  // Only Turin has an FMC.
  const levels = Object.entries(parts).filter(([part, level]) => part !== 'fmc' || level > 0)
  return `${raw}: ${levels.map(([part, level]) => `${part} ${level}`).join(' ')}`
}

/** `raplOff` → `rapl off` */
function spaced(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, '  ')
}
