import { concatBytes, utf8 } from '@reinraum/crypto'
import type { TdxCollateral } from '../../simulator/tdx/collateral.ts'
import { faultsOf, type TdxFault, without } from './fault.ts'

const fields = [
  'pck_crl_issuer_chain',
  'root_ca_crl',
  'pck_crl',
  'tcb_info_issuer_chain',
  'tcb_info',
  'tcb_info_signature',
  'qe_identity_issuer_chain',
  'qe_identity',
  'qe_identity_signature',
] as const satisfies readonly (keyof TdxCollateral)[]

export const collateralFaults: readonly TdxFault[] = [
  ...faultsOf({ check: 'collateral', reason: 'collateral-missing' }, [
    { when: 'no collateral comes along', overrides: { endorsements: ({ certificates, crls }) => ({ certificates, crls }) } },
  ]),
  ...faultsOf({ check: 'collateral', reason: 'collateral-malformed' }, [
    { when: 'the collateral is empty', overrides: { collateralBytes: () => new Uint8Array() } },
    { when: 'the collateral is no JSON', overrides: { collateralBytes: () => utf8('collateral') } },
    { when: 'the collateral is a list', overrides: { collateral: (collateral) => [collateral] } },
    { when: 'the collateral ends early', overrides: { collateralBytes: (bytes) => bytes.slice(0, -1) } },
    { when: 'something follows the collateral', overrides: { collateralBytes: (bytes) => concatBytes(bytes, utf8('{}')) } },
    { when: 'the collateral is not UTF-8', overrides: { collateralBytes: (bytes) => bytes.with(bytes.length - 2, 0xff) } },
    {
      when: 'a field stands twice in the collateral',
      overrides: { collateralBytes: (bytes) => concatBytes(utf8('{"tcb_info":"",'), bytes.subarray(1)) },
    },
    {
      when: 'the collateral is longer than any',
      overrides: { collateralBytes: (bytes) => concatBytes(bytes, new Uint8Array(128 * 1024).fill(0x20)) },
    },
    ...fields.map((field) => ({
      when: `the collateral has no ${field}`,
      overrides: { collateral: without<TdxCollateral>(field) },
    })),
    ...fields.map((field) => ({
      when: `${field} is no text`,
      overrides: { collateral: (collateral: TdxCollateral) => ({ ...collateral, [field]: { text: collateral[field] } }) },
    })),
    ...(['tcb_info_signature', 'qe_identity_signature'] as const).map((field) => ({
      when: `${field} is a byte too short`,
      overrides: { collateral: (collateral: TdxCollateral) => ({ ...collateral, [field]: collateral[field].slice(2) }) },
    })),
  ]),
]
