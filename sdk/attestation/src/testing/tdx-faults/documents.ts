import type { CertificateContent } from '../../simulator/certificates.ts'
import { basicConstraints, keyUsage } from '../../simulator/extensions.ts'
import type { QeIdentity, TcbInfo, TdxCollateral } from '../../simulator/tdx/collateral.ts'
import { strangerP384, withExtension } from '../certificate-changes.ts'
import { blocksOf } from './chain.ts'
import { faultsOf, type KnownBypass, signedByStranger, stranger, type TdxFault, textShiftedBy, without } from './fault.ts'

/** TCB info and QE identity are signed and dated in the same way: each fault of one is a fault of the other. */
const documents = [
  { what: 'TCB info', check: 'tcb-info', override: 'tcbInfo', field: 'tcb_info' },
  { what: 'QE identity', check: 'qe-identity', override: 'qeIdentity', field: 'qe_identity' },
] as const
type Document = (typeof documents)[number]

const anyLeaf: KnownBypass = 'any leaf under the root may sign TCB info'
const neverVerified: KnownBypass = 'the QE identity is never verified (CVE-2026-22696)'

function signingOf({ override }: Document) {
  return (change: (content: CertificateContent) => CertificateContent) => ({ [`${override}Signing`]: change })
}

/** Certificates that end in the root, of keys that may sign something else. */
function otherSignerFaults(document: Document): readonly TdxFault[] {
  const { what, check, override, field } = document
  return faultsOf({ check: `${check}-signer`, reason: `${check}-signer-invalid` }, [
    {
      when: `the ${what} is signed by the PCK of the platform`,
      bypass: anyLeaf,
      overrides: {
        [`${override}Signer`]: (keys: { readonly pck: typeof stranger.privateKey }) => keys.pck,
        collateral: (collateral: TdxCollateral, quoteChain: string) => {
          const [pck = '', , root = ''] = blocksOf(quoteChain)
          return { ...collateral, [`${field}_issuer_chain`]: pck + root }
        },
      },
    },
    {
      when: `the ${what} is signed by the authority of the PCKs`,
      bypass: anyLeaf,
      overrides: {
        [`${override}Signer`]: (keys: { readonly platformCa: typeof stranger.privateKey }) => keys.platformCa,
        collateral: (collateral: TdxCollateral) => ({
          ...collateral,
          [`${field}_issuer_chain`]: collateral.pck_crl_issuer_chain,
        }),
      },
    },
    {
      when: `the ${what} is signed by a leaf of the root that has another name`,
      bypass: anyLeaf,
      overrides: signingOf(document)((c) => ({ ...c, subject: 'Intel SGX TCB Signing 2' })),
    },
  ])
}

function signerFaults(document: Document): readonly TdxFault[] {
  const { what, check } = document
  const signing = signingOf(document)
  return faultsOf({ check: `${check}-signer`, reason: `${check}-signer-invalid` }, [
    { when: `the signer of the ${what} is named as AMD would`, overrides: signing((c) => ({ ...c, vendor: 'amd' })) },
    {
      when: `the signer of the ${what} names another issuer`,
      overrides: signing((c) => ({ ...c, issuer: 'Intel SGX PCK Platform CA' })),
    },
    { when: `the signer of the ${what} is certified by a stranger`, overrides: signing(signedByStranger) },
    {
      when: `the signer of the ${what} is certified with SHA-384`,
      overrides: signing((c) => ({ ...c, signedBy: { ...c.signedBy, hash: 'sha384' } })),
    },
    {
      when: `the signer of the ${what} is an authority`,
      overrides: signing(withExtension('2.5.29.19', basicConstraints().value, true)),
    },
    {
      when: `the signer of the ${what} may not sign`,
      overrides: signing(withExtension('2.5.29.15', keyUsage(0x40).value, true)),
    },
    {
      when: `the signer of the ${what} may sign certificates`,
      overrides: signing(withExtension('2.5.29.15', keyUsage(0x84).value, true)),
    },
    {
      when: `the signer of the ${what} is on another curve`,
      overrides: signing((c) => ({ ...c, publicKey: strangerP384.publicKey })),
    },
    {
      when: `a critical extension of the signer of the ${what} is unknown`,
      overrides: signing(withExtension('1.2.3.4', Uint8Array.of(5, 0), true)),
    },
  ])
}

function signatureFaults({ what, check, override, field }: Document): readonly TdxFault[] {
  const bypass = check === 'qe-identity' ? { bypass: neverVerified } : {}
  const after = (change: (text: string) => string) => ({ [`${override}TextAfterSigning`]: change })
  const signature = (change: (signature: string) => string) => ({
    collateral: (collateral: TdxCollateral) => ({
      ...collateral,
      [`${field}_signature`]: change(collateral[`${field}_signature`]),
    }),
  })
  return faultsOf({ check: `${check}-signature`, reason: `${check}-signature-invalid` }, [
    { ...bypass, when: `the ${what} is signed by a stranger`, overrides: { [`${override}Signer`]: () => stranger.privateKey } },
    {
      ...bypass,
      when: `the ${what} says something else than what is signed`,
      overrides: after((text) => text.replace(/OutOfDate/g, 'UpToDate')),
    },
    { when: `the ${what} is written with a space that is not signed`, overrides: after((text) => text.replace(',', ', ')) },
    {
      when: `the ${what} has its fields in another order than what is signed`,
      overrides: after((text) => JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text)).reverse()))),
    },
    { when: `the signature of the ${what} is zero`, overrides: signature(() => '00'.repeat(64)) },
    {
      when: `the ${what} has the signature of the other document`,
      overrides: {
        collateral: (collateral: TdxCollateral) => ({
          ...collateral,
          [`${field}_signature`]: collateral[check === 'tcb-info' ? 'qe_identity_signature' : 'tcb_info_signature'],
        }),
      },
    },
  ])
}

function dateFaults({ what, check, override }: Document): readonly TdxFault[] {
  return [
    {
      when: `the ${what} has expired`,
      check: `${check}-validity`,
      reason: `${check}-expired`,
      overrides: { [override]: (d: object) => ({ ...d, issueDate: textShiftedBy(-800), nextUpdate: textShiftedBy(-1) }) },
    },
    {
      when: `the ${what} is from the future`,
      check: `${check}-validity`,
      reason: `${check}-not-yet-valid`,
      overrides: { [override]: (d: object) => ({ ...d, issueDate: textShiftedBy(1) }) },
    },
  ]
}

/** What either document must have. */
const fields = {
  tcbInfo: [
    ...['id', 'version', 'issueDate', 'nextUpdate', 'fmspc', 'pceId', 'tcbType', 'tcbEvaluationDataNumber', 'tdxModule'],
    'tcbLevels',
  ],
  qeIdentity: [
    ...['id', 'version', 'issueDate', 'nextUpdate', 'tcbEvaluationDataNumber', 'miscselect', 'miscselectMask'],
    ...['attributes', 'attributesMask', 'mrsigner', 'isvprodid', 'tcbLevels'],
  ],
} as const

function contentFaults({ what, check, override }: Document): readonly TdxFault[] {
  const change = (fields: object) => ({ [override]: (document: object) => ({ ...document, ...fields }) })
  return faultsOf({ check, reason: `${check}-invalid` }, [
    ...fields[override].map((field) => ({
      when: `the ${what} has no ${field}`,
      overrides: { [override]: without<Record<string, unknown>>(field) },
    })),
    { when: `the ${what} is of another version`, overrides: change({ version: 1 }) },
    { when: `the ${what} has no levels`, overrides: change({ tcbLevels: [] }) },
    { when: `the ${what} is a list`, overrides: { [override]: (document: object) => [document] } },
    { when: `the ${what} is no JSON`, overrides: { [`${override}Text`]: (text: string) => text.slice(1) } },
    {
      when: `a field stands twice in the ${what}`,
      overrides: { [`${override}Text`]: (text: string) => text.replace('{', '{"tcbEvaluationDataNumber":99,') },
    },
    { when: `the ${what} has a date that is none`, overrides: change({ nextUpdate: '2099-13-01T00:00:00Z' }) },
    { when: `the ${what} has a date without a time`, overrides: change({ nextUpdate: '2099-12-01' }) },
    { when: `the evaluation number of the ${what} is negative`, overrides: change({ tcbEvaluationDataNumber: -1 }) },
    { when: `the evaluation number of the ${what} is no number`, overrides: change({ tcbEvaluationDataNumber: '17' }) },
    {
      when: `a level of the ${what} has a status that does not exist`,
      overrides: {
        [override]: (document: { readonly tcbLevels: readonly object[] }) => ({
          ...document,
          tcbLevels: document.tcbLevels.map((level) => ({ ...level, tcbStatus: 'Good' })),
        }),
      },
    },
  ])
}

type Levels = TcbInfo['tcbLevels']
const onLevels = (change: (level: Levels[number]) => unknown) => ({
  tcbInfo: (info: TcbInfo) => ({ ...info, tcbLevels: info.tcbLevels.map(change) }),
})

const tcbInfoOnly = faultsOf({ check: 'tcb-info', reason: 'tcb-info-invalid' }, [
  { when: 'the TCB info is that of SGX', overrides: { tcbInfo: (info) => ({ ...info, id: 'SGX' }) } },
  {
    when: 'the QE identity stands in the place of the TCB info',
    overrides: { tcbInfoText: () => JSON.stringify({ id: 'TD_QE' }) },
  },
  { when: 'the levels are to be compared in another way', overrides: { tcbInfo: (info) => ({ ...info, tcbType: 1 }) } },
  { when: 'the FMSPC of the TCB info is no FMSPC', overrides: { tcbInfo: (info) => ({ ...info, fmspc: `${info.fmspc}00` }) } },
  {
    when: 'a level has 15 components',
    overrides: onLevels(({ tcb, ...level }) => ({ ...level, tcb: { ...tcb, tdxtcbcomponents: tcb.tdxtcbcomponents.slice(1) } })),
  },
  {
    when: 'a level has no PCESVN',
    overrides: onLevels(({ tcb, ...level }) => ({ ...level, tcb: without<typeof tcb>('pcesvn')(tcb) })),
  },
  {
    when: 'a level has a component that is no number',
    overrides: onLevels(({ tcb, ...level }) => ({
      ...level,
      tcb: { ...tcb, sgxtcbcomponents: tcb.sgxtcbcomponents.map(({ svn }) => ({ svn: `${svn}` })) },
    })),
  },
  {
    when: 'the TCB info has two identities for one version of the module',
    overrides: {
      tcbInfo: (info) => ({ ...info, tdxModuleIdentities: [...info.tdxModuleIdentities, ...info.tdxModuleIdentities] }),
    },
  },
])

const qeIdentityOnly = faultsOf({ check: 'qe-identity', reason: 'qe-identity-invalid' }, [
  {
    when: 'the identity is that of the quoting enclave of SGX',
    overrides: { qeIdentity: (i) => ({ ...i, id: 'QE' }) },
    bypass: neverVerified,
  },
  { when: 'the identity is that of the verifying enclave', overrides: { qeIdentity: (i) => ({ ...i, id: 'QVE' }) } },
  {
    when: 'the mask of the attributes is shorter than they are',
    overrides: { qeIdentity: (i: QeIdentity) => ({ ...i, attributesMask: i.attributesMask.slice(2) }) },
  },
])

export const documentFaults: readonly TdxFault[] = [
  ...documents.flatMap((document) => [
    ...otherSignerFaults(document),
    ...signerFaults(document),
    ...signatureFaults(document),
    ...contentFaults(document),
    ...dateFaults(document),
  ]),
  ...tcbInfoOnly,
  ...qeIdentityOnly,
  ...faultsOf({ check: 'evaluation-number', reason: 'evaluation-number-below-floor' }, [
    {
      when: 'the collateral is older than the reference values ask',
      reference: { policy: { minimumTcbEvaluationDataNumber: 18 } },
    },
    ...documents.map(({ what, override }) => ({
      when: `the ${what} alone is older than the reference values ask`,
      overrides: { [override]: (document: object) => ({ ...document, tcbEvaluationDataNumber: 16 }) },
      reference: { policy: { minimumTcbEvaluationDataNumber: 17 } },
    })),
    ...documents.map(({ what, override }) => ({
      when: `the ${what} is older than what was seen before`,
      overrides: { [override]: (document: object) => ({ ...document, tcbEvaluationDataNumber: 16 }) },
      floors: (observed: Readonly<Record<string, string>>) => observed,
    })),
  ]),
]
