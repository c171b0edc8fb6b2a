import { isDeepStrictEqual } from 'node:util'
import type { AttestationResult } from '@reinraum/attestation'
import { type SealStatus, unsealKeyId } from '@reinraum/client'
import type { HpkeKey, RootKeyControl, ServiceControl } from '@reinraum/statements'
import { appraisalJson, appraisalSummary } from './appraisal-text.ts'
import { oneLine } from './output.ts'

/** What was verified beside its word. */
interface Known {
  readonly appraisal?: AttestationResult | null
  readonly unsealKey?: HpkeKey
}

/** Whether a key service is sealed, what it waits for, and what is known of who says so. */
export function sealText(status: SealStatus & Known): string {
  const { id, custody, sealed, appraisal, unsealKey } = status
  const state = `${id} is ${sealed ? 'SEALED' : 'open'}: ${oneLine(waitingText(status) + restoreText(status))}`
  const key = appraisal === null && unsealKey !== undefined ? [`  its unseal key is ${unsealKeyId(unsealKey)}`] : []
  return [state, knownText(custody, appraisal), ...key, controlText(status.control)].join('\n')
}

/** The same for programs; `appraisal` is absent where nothing was appraised. */
export function sealJson({ appraisal, ...status }: SealStatus & { readonly appraisal?: AttestationResult | null }) {
  const { id, custody, sealed, rootKey, have, need, control } = status
  const restoresFrom = status.restoresFrom?.toISOString() ?? null
  const appraised = appraisal === undefined || appraisal === null ? {} : { appraisal: appraisalJson(appraisal) }
  return { id, custody, sealed, rootKey, have, need, restoresFrom, control, ...appraised }
}

/** Who has power over a key service: compared by whoever trusts it, since no measurement covers its configuration. */
export function controlText({ rootKey, configured, ownKeys, administrators }: ServiceControl): string {
  const people = administrators.length === 0 ? 'nobody' : administrators.join(', ')
  const goes = isDeepStrictEqual(rootKey, configured) ? [] : [`  it may go over to ${rootKeyText(configured)}`]
  const since =
    ownKeys === 'older'
      ? 'before this start: whether inside this code, its evidence does not say'
      : 'since this start, by this code'
  const said = [`  opened by ${rootKeyText(rootKey)}`, ...goes, `  administered by ${people}`]
  return [...said, `  its own keys were made ${since}`].join('\n')
}

function rootKeyText(rootKey: RootKeyControl): string {
  if (rootKey.kind !== 'shares') return `a root key of the kind ${rootKey.kind}`
  return `${rootKey.threshold} of ${rootKey.holders.join(', ')}`
}

function waitingText({ sealed, rootKey, have, need }: SealStatus): string {
  const kind = `its root key is of the kind ${rootKey}`
  if (!sealed) return kind
  switch (rootKey) {
    case 'shares':
      return `${have} of ${need} shares are there`
    case 'pkcs11':
      return need === 0 ? `${kind}, which opens when the service starts again` : 'it waits for the PIN of its token'
    default:
      return `${kind}, which opens when the service starts again`
  }
}

function restoreText({ restoresFrom }: SealStatus): string {
  return restoresFrom === null ? '' : `; then the backup of ${restoresFrom.toISOString()} is put in place`
}

function knownText(custody: SealStatus['custody'], appraisal: AttestationResult | null | undefined): string {
  if (appraisal === undefined) return `  it says that of itself, in ${custody} custody; nothing was verified`
  if (appraisal === null) return '  on premises of its owner, without evidence: its log has the id of its unseal key'
  return `its evidence is ${appraisalSummary(appraisal)}`.replaceAll(/^/gm, '  ')
}
