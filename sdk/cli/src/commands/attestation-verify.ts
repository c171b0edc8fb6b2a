import {
  amdRoots,
  describeEvidence,
  type Endorsements,
  type Evidence,
  evidenceId,
  referenceValuesId,
  toEar,
} from '@reinraum/attestation'
import { appraiseAboveFloors, openFloorsFile } from '@reinraum/client'
import { ReinraumError } from '@reinraum/crypto'
import type { Command } from 'commander'
import { z } from 'zod'
import { appraisalText } from '../appraisal-text.ts'
import { readCollateralFile } from '../collateral-file.ts'
import { bind, type Exit, type Invocation, type Outcome } from '../command.ts'
import { readEndorsementFiles } from '../endorsement-files.ts'
import { type EvidenceOptions, readEvidence, withEvidenceOptions } from '../evidence-options.ts'
import { type FloorsOptions, floorsOption } from '../floors-option.ts'
import type { Io } from '../output.ts'
import { readPolicyFile } from '../policy-file.ts'
import { notCompared, parseReportData, reportDataIn, withoutReportData } from '../report-data.ts'

interface VerifyOptions extends EvidenceOptions, FloorsOptions {
  readonly endorsements?: readonly string[]
  readonly collateral?: string
  readonly policy: string
  readonly reportData?: string
  readonly now?: string
}

const examples = `
A policy needs the roots that you trust and the measurements that you accept; everything else is strict unless it says so:
  snp:
    roots: [{ product: Genoa, sha256: "${amdRoots.Genoa}", simulated: false }]
    measurements: ["..."]

  reinraum attestation verify --tee snp --evidence report.bin --endorsements amd/ --policy policy.yaml --report-data ...
  reinraum attestation verify --tee tdx --evidence quote.bin --collateral collateral.json --policy policy.yaml --json
With --json the result is an EAR (draft-ietf-rats-ear-04).`

/** `attestation verify`: the whole appraisal of evidence in files. Exit code 0 for affirming only. */
export function verifyCommand(group: Command, io: Io, exit: Exit): void {
  bind<VerifyOptions>(
    withEvidenceOptions(group.command('verify'))
      .description('appraise evidence against your own policy; exit code 0 affirming, 2 warning or contraindicated')
      .option(
        '--endorsements <path...>',
        'SEV-SNP: VCEK or VLEK, ASK, ARK and their revocation list, PEM or DER, files or folders',
      )
      .option('--collateral <file>', "TDX: Intel's collateral, one JSON object")
      .requiredOption('--policy <file>', 'reference values and policy, YAML or JSON')
      .option('--report-data <hex>', 'the 64 bytes that the evidence has to be bound to; without them it is a warning at best')
      .option('--now <time>', 'judge as of this time, e.g. 2026-01-31T12:00:00Z, not as of the clock')
      .addOption(floorsOption())
      .addHelpText('after', examples),
    io,
    exit,
    verify,
  )
}

async function verify({ io }: Invocation, options: VerifyOptions): Promise<Outcome> {
  const now = options.now === undefined ? io.now() : parseTime(options.now)
  const wanted = options.reportData === undefined ? null : parseReportData(options.reportData)
  const policy = await readPolicyFile(options.policy)
  const evidence = await readEvidence(options)
  const endorsements = await readEndorsements(options)
  const reportData = wanted ?? reportDataIn(describeEvidence(evidence))
  const relyingParty = { now: () => now, ...(options.floors === undefined ? {} : { floors: openFloorsFile(options.floors) }) }
  const appraised = await appraiseAboveFloors(relyingParty, { evidence, endorsements }, policy, reportData)
  const result = wanted === null ? withoutReportData(appraised) : appraised
  const ear = toEar(result, { now, policyId: referenceValuesId(policy), evidenceId: evidenceId(evidence) })
  const text = appraisalText(result, wanted === null ? [`report data: ${notCompared}`] : [])
  return { text, json: ear, exitCode: ear.ear_status === 'affirming' ? 0 : 2 }
}

/** An option that would have no effect is refused: whoever gave it believes that something is checked with it. */
async function readEndorsements({ tee, endorsements, collateral }: VerifyOptions): Promise<Endorsements> {
  const needed: Record<Evidence['tee'], () => Promise<Endorsements>> = {
    snp: async () => {
      if (collateral !== undefined) throw new ReinraumError('invalid-argument', '--collateral goes with --tee tdx')
      if (endorsements === undefined) throw new ReinraumError('invalid-argument', 'name the certificates with --endorsements')
      return readEndorsementFiles(endorsements)
    },
    tdx: async () => {
      if (endorsements !== undefined) throw new ReinraumError('invalid-argument', '--endorsements goes with --tee snp')
      if (collateral === undefined) throw new ReinraumError('invalid-argument', "name Intel's collateral with --collateral")
      return { certificates: [], crls: [], collateral: await readCollateralFile(collateral) }
    },
  }
  return needed[tee]()
}

/** @throws ReinraumError `invalid-argument`: a time without a zone is another time somewhere else */
function parseTime(text: string): Date {
  if (z.iso.datetime({ offset: true }).safeParse(text).success) return new Date(text)
  throw new ReinraumError('invalid-argument', '--now takes a time with its zone, e.g. 2026-01-31T12:00:00Z')
}
