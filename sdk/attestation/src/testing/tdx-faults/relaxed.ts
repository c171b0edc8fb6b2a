import type { Waiver } from '../../result.ts'
import type { TdxCollateral } from '../../simulator/tdx/collateral.ts'
import type { TdxSituation } from '../simulated-tdx-evidence.ts'
import { quoteKinds } from './fault.ts'
import { moduleIs, platformIs, quotingEnclaveIs, teeTcbSvn } from './tcb.ts'
import { serviceTd, withBit } from './td.ts'

/** Evidence that is accepted only because the reference values relax one default, in so many words. */
export interface TdxRelaxation extends TdxSituation {
  readonly when: string
  readonly waiver: Waiver
}

const status = (tcbStatuses: readonly string[]) => ({ policy: { tcbStatuses } }) as TdxSituation['reference'] & object

const withoutLists: readonly (readonly [string, Partial<TdxCollateral>])[] = [
  ['there is no list of the root', { root_ca_crl: '' }],
  ['there is no list of the PCK', { pck_crl: '' }],
  ['there is no list of the PCK, and nobody who signed it', { pck_crl: '', pck_crl_issuer_chain: '' }],
  ['there is no list at all', { pck_crl: '', root_ca_crl: '' }],
]
const lists: readonly TdxRelaxation[] = withoutLists.map(([when, fields]) => ({
  when,
  waiver: 'crl-missing',
  overrides: { collateral: (collateral) => ({ ...collateral, ...fields }) },
  reference: { policy: { requireCrl: false } },
}))

const statuses: readonly TdxRelaxation[] = [
  ...(
    [
      'SWHardeningNeeded',
      'ConfigurationNeeded',
      'ConfigurationAndSWHardeningNeeded',
      'OutOfDate',
      'OutOfDateConfigurationNeeded',
    ] as const
  ).map((name) => ({
    when: `the platform is ${name}`,
    overrides: platformIs(name),
    reference: status([name]),
  })),
  { when: 'the module is out of date', overrides: moduleIs('OutOfDate'), reference: status(['OutOfDate']) },
  {
    when: 'the quoting enclave is out of date',
    overrides: quotingEnclaveIs('OutOfDate'),
    reference: status(['UpToDate', 'OutOfDate']),
  },
  {
    when: 'the platform needs configuration and the module is out of date',
    overrides: { ...platformIs('ConfigurationNeeded'), body: { teeTcbSvn: teeTcbSvn(3) } },
    reference: status(['OutOfDateConfigurationNeeded']),
  },
  {
    when: 'the platform needs hardening and the module is out of date',
    overrides: { ...platformIs('SWHardeningNeeded'), body: { teeTcbSvn: teeTcbSvn(3) } },
    reference: status(['OutOfDate']),
  },
  {
    when: 'the TD would have to be launched again',
    guest: { version: 5 as const },
    overrides: { body: { teeTcbSvn: teeTcbSvn(3) } },
    reference: status(['TDRelaunchAdvised']),
  },
  {
    when: 'the TD would have to be launched again, on a platform that needs configuration',
    guest: { version: 5 as const },
    overrides: { ...platformIs('ConfigurationNeeded'), body: { teeTcbSvn: teeTcbSvn(3) } },
    reference: status(['TDRelaunchAdvisedConfigurationNeeded']),
  },
].map((situation) => ({ ...situation, waiver: 'tcb-status' as const }))

/** What a TD may do is the same question in every kind of quote. */
const attributes: readonly TdxRelaxation[] = quoteKinds.flatMap((guest): TdxRelaxation[] => {
  const quote = `version ${guest.version}, TD ${guest.body}`
  return [
    {
      when: `the host may debug the TD (${quote})`,
      waiver: 'debug',
      overrides: withBit(0),
      reference: { policy: { allowDebug: true } },
      guest,
    },
    {
      when: `the TD gets an exception for pages that it did not accept (${quote})`,
      waiver: 'sept-ve',
      overrides: { body: { tdAttributes: 0n } },
      reference: { policy: { requireSeptVeDisable: false } },
      guest,
    },
    {
      when: `the TD uses supervisor protection keys (${quote})`,
      waiver: 'pks',
      overrides: withBit(30),
      reference: { policy: { allowPks: true } },
      guest,
    },
    {
      when: `the TD uses performance counters (${quote})`,
      waiver: 'perfmon',
      overrides: withBit(63),
      reference: { policy: { allowPerfmon: true } },
      guest,
    },
  ]
})

export const tdxRelaxations: readonly TdxRelaxation[] = [
  ...lists,
  ...statuses,
  ...attributes,
  {
    when: 'the service TD that the reference values name is bound to the TD',
    waiver: 'service-td',
    guest: { version: 5 },
    overrides: { body: { mrServiceTd: serviceTd } },
    reference: { mrServiceTd: ['5e'.repeat(48)] },
  },
  ...(['rtmr1', 'rtmr2'] as const).map((name) => ({
    when: `${name} is not named`,
    waiver: 'rtmr' as const,
    reference: { [name]: undefined, policy: { requireRtmrs: false } },
  })),
]
