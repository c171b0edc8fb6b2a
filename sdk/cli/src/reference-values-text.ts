import { type ReferenceValues, referenceValuesSchema } from '@reinraum/attestation'
import { canonicalize } from '@reinraum/crypto'

type Snp = NonNullable<ReferenceValues['snp']>
type Tdx = NonNullable<ReferenceValues['tdx']>

/** more chips than one can compare by eye are counted */
const maxChips = 8

/** Which hardware and which code, and every default of the appraisal that is given up. */
export function referenceValuesText({ snp, tdx }: ReferenceValues): string {
  return [...(snp === undefined ? [] : snpLines(snp)), ...(tdx === undefined ? [] : tdxLines(tdx))].join('\n')
}

function snpLines(snp: Snp): string[] {
  const strict = referenceValuesSchema.parse({ snp: { roots: snp.roots, measurements: snp.measurements } }).snp?.policy
  return [
    `AMD SEV-SNP, ${rootsText(snp.roots)}`,
    ...snp.measurements.map((measurement) => `measurement ${measurement}`),
    `host data ${snp.hostData?.join(', ') ?? 'any'}`,
    `id key ${snp.idKeys?.map(({ digest, minimumGuestSvn }) => `${digest} from guest version ${minimumGuestSvn}`).join(', ') ?? 'any'}`,
    `chip ${chipsText(snp.chipIds)}`,
    ...paravisorLines(snp.paravisor),
    ...changedRules(snp.policy, strict),
  ]
}

function tdxLines(tdx: Tdx): string[] {
  const strict = referenceValuesSchema.parse({ tdx: { roots: tdx.roots, mrtd: tdx.mrtd, rtmr1: tdx.mrtd, rtmr2: tdx.mrtd } }).tdx
    ?.policy
  return [
    `Intel TDX, ${rootsText(tdx.roots)}`,
    ...tdx.mrtd.map((measurement) => `MRTD ${measurement}`),
    ...registersText(tdx),
    `event log ${tdx.eventLog}`,
    ...paravisorLines(tdx.paravisor),
    ...changedRules(tdx.policy, strict),
  ]
}

function rootsText(roots: readonly { readonly simulated: boolean }[]): string {
  return roots.some((root) => root.simulated) ? 'SIMULATED hardware accepted' : 'hardware only'
}

function chipsText(chips: readonly string[] | undefined): string {
  if (chips === undefined) return 'any'
  return chips.length > maxChips ? `one of ${chips.length} that are listed` : chips.join(', ')
}

/** Whoever signs this lets the operator's software read all that the guest computes on. */
function paravisorLines(paravisor: Snp['paravisor']): string[] {
  if (paravisor === undefined) return []
  const pcrs = Object.entries(paravisor.pcrs).map(([number, values]) => `PCR ${number} ${values?.join(', ')}`)
  return [`NOT THE DEFAULT: the paravisor of ${paravisor.kind} is accepted, with all of the guest's memory`, ...pcrs]
}

/** A register that is not listed is not looked at: its reader must see which ones are. */
function registersText(tdx: Tdx): string[] {
  const optional = [
    'rtmr0',
    'rtmr1',
    'rtmr2',
    'rtmr3',
    'mrConfigId',
    'mrOwner',
    'mrOwnerConfig',
    'mrSeam',
    'mrServiceTd',
  ] as const
  return optional.map((name) => `${name} ${tdx[name]?.join(', ') ?? (name === 'mrServiceTd' ? 'none' : 'any')}`)
}

function changedRules(policy: object, strict: object | undefined): string[] {
  const defaults = new Map(Object.entries(strict ?? {}))
  return Object.entries(policy)
    .filter(([rule, value]) => canonicalize(value) !== canonicalize(defaults.get(rule) ?? null))
    .map(([rule, value]) => `NOT THE DEFAULT: ${rule} ${canonicalize(value)}`)
}
