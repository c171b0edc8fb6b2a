import { ReinraumError } from '@reinraum/crypto'
import { describeEndorsement } from '../describe/endorsement.ts'
import type { Attester, Endorsements, Evidence } from '../evidence.ts'
import { boundReportData } from './bound-report-data.ts'
import { readCertificateTable } from './certificate-table.ts'
import { defaultEventLogFile, readEventLogFile } from './event-log-file.ts'
import { inTurn } from './in-turn.ts'
import { type KernelReport, requestProvider, requestReport } from './report-entry.ts'
import { defaultRetries, type Retries, retrying } from './retrying.ts'
import { nodeTsmFiles, type TsmFiles } from './tsm-files.ts'

/** Linux 6.7 and later, with configfs mounted (Documentation/ABI/testing/configfs-tsm-report) */
const defaultReportFolder = '/sys/kernel/config/tsm/report'

const reportDataLength = 64
const maxAtOnce = 64

export interface ConfigfsTsmOptions {
  readonly folder?: string
  /** SEV-SNP: the VMPL that reports are to speak of, 0 to 3; unset, the kernel's default */
  readonly privilegeLevel?: number
  /** asked for each time that evidence is made; what the host passes along comes on top */
  readonly endorsements: () => Promise<Endorsements>
  /** TDX: null for none; unset, the kernel's file if the firmware left a log */
  readonly eventLogFile?: string | null
  readonly retries?: Retries
  readonly files?: TsmFiles
}

/**
 * An attester over the kernel's own interface to the hardware of this guest. It checks that it was given what it asked for,
 * so that a mistake shows here; whether any of it is true is for `appraise` to say, elsewhere.
 *
 * @throws ReinraumError `unsupported` when the kernel gives no reports, or those of other hardware; `unavailable`;
 * `invalid-argument`. `getEvidence` throws the same, and `report-data-mismatch`, `malformed-evidence`, `resource-exhausted`
 */
export async function openConfigfsTsm(options: ConfigfsTsmOptions): Promise<Attester> {
  const { folder = defaultReportFolder, retries = defaultRetries, files = nodeTsmFiles, privilegeLevel } = options
  const kernel = { folder, retries, files }
  const provider = await requestProvider(kernel)
  if (privilegeLevel !== undefined && (provider !== 'sev_guest' || ![0, 1, 2, 3].includes(privilegeLevel))) {
    throw new ReinraumError('invalid-argument', 'a privilege level is one of SEV-SNP, 0 to 3')
  }
  const turn = inTurn(maxAtOnce)
  return {
    getEvidence(reportData) {
      return turn(async () => {
        if (reportData.length !== reportDataLength) throw new ReinraumError('invalid-argument', 'report data is 64 bytes')
        const inblob = Uint8Array.from(reportData)
        const report = await requestReport(kernel, { inblob, ...(privilegeLevel === undefined ? {} : { privilegeLevel }) })
        const eventLog = report.provider === 'tdx_guest' ? await eventLogOf(files, retries, options.eventLogFile) : null
        const evidence = evidenceOf(report, eventLog)
        requireBound(evidence, inblob)
        return { evidence, endorsements: withTable(await options.endorsements(), report.auxblob) }
      })
    },
  }
}

function evidenceOf({ provider, outblob }: KernelReport, eventLog: Uint8Array | null): Evidence {
  if (provider === 'sev_guest') return { tee: 'snp', report: outblob }
  return { tee: 'tdx', quote: outblob, ...(eventLog === null ? {} : { eventLog }) }
}

/** A report for somebody else, or one that was made before: nobody is to see it as the answer to this challenge. */
function requireBound(evidence: Evidence, reportData: Uint8Array): void {
  const bound = boundReportData(evidence)
  if (bound === null) throw new ReinraumError('malformed-evidence', 'the kernel gave a report of no known layout')
  if (Buffer.compare(bound, reportData) !== 0) {
    throw new ReinraumError('report-data-mismatch', 'the kernel gave a report that binds other data')
  }
}

/** @returns null where there is none: whether there has to be one is for the reference values to say */
async function eventLogOf(files: TsmFiles, retries: Retries, path: string | null | undefined): Promise<Uint8Array | null> {
  if (path === null) return null
  try {
    const log = await retrying(() => readEventLogFile(files, path ?? defaultEventLogFile), retries)
    return log.length === 0 ? null : log
  } catch (error) {
    // Not every firmware leaves a log; one that was named must be there.
    if (path === undefined && error instanceof ReinraumError && error.code === 'unsupported') return null
    throw error
  }
}

/**
 * What the operator gives stands in the place of what the host gives under the same name: two certificates of one key, as
 * the vendor issues them over time, would leave open which one is meant, and evidence with both is refused.
 */
function withTable(endorsements: Endorsements, table: Uint8Array): Endorsements {
  const own = new Set(endorsements.certificates.map(nameOf))
  const more = readCertificateTable(table).filter((certificate) => {
    const name = nameOf(certificate)
    if (name === null) throw new ReinraumError('malformed-evidence', "the host's certificate table holds what is no certificate")
    return !own.has(name)
  })
  return { ...endorsements, certificates: [...endorsements.certificates, ...more] }
}

function nameOf(der: Uint8Array): string | null {
  const described = describeEndorsement(der)
  return described?.kind === 'certificate' ? (described.subject ?? described.sha256) : null
}
