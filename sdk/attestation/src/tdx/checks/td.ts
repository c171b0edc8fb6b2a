import { toHex } from '@reinraum/crypto'
import { failed, notAsked, type Outcome, passed, waived } from '../../checks/outcome.ts'
import { isZero } from '../../is-zero.ts'
import type { TdxSubject } from '../subject.ts'
import { isValidXfam, parseTdAttributes, type TdAttributes } from '../td-attributes.ts'
import { authentic } from './authentic.ts'
import type { TdxRule } from './rule.ts'

export const tdChecks: readonly TdxRule[] = [
  { name: 'td-attributes', claim: 'configuration', needs: authentic, run: onAttributes(checkBits) },
  { name: 'debug', claim: 'runtime-opaque', needs: authentic, run: onAttributes(checkDebug) },
  { name: 'sept-ve-disable', claim: 'runtime-opaque', needs: authentic, run: onAttributes(checkSeptVe) },
  { name: 'pks', claim: 'configuration', needs: authentic, run: onAttributes(checkPks) },
  { name: 'perfmon', claim: 'configuration', needs: authentic, run: onAttributes(checkPerfmon) },
  { name: 'xfam', claim: 'configuration', needs: authentic, run: checkXfam },
  { name: 'service-td', claim: 'runtime-opaque', needs: authentic, run: checkServiceTd },
]

function onAttributes(check: (attributes: TdAttributes, policy: TdxSubject['reference']['policy']) => Outcome): TdxRule['run'] {
  return ({ quote, reference }) => check(parseTdAttributes(quote.body.tdAttributes), reference.policy)
}

function checkBits({ unknown, migratable }: TdAttributes): Outcome {
  if (unknown) return failed('td-attributes-invalid', 'reserved bits are set')
  // Whoever moves a TD has its memory and its keys.
  return migratable ? failed('td-attributes-invalid', 'the TD may be migrated') : passed('well formed')
}

/** A host that may debug a TD reads its memory. */
function checkDebug({ debug }: TdAttributes, policy: TdxSubject['reference']['policy']): Outcome {
  if (!debug) return passed('off')
  return policy.allowDebug ? waived('debug', 'on') : failed('debug-enabled', 'the host may read the memory')
}

function checkSeptVe({ septVeDisable }: TdAttributes, policy: TdxSubject['reference']['policy']): Outcome {
  if (septVeDisable) return passed('on')
  return policy.requireSeptVeDisable
    ? failed('sept-ve-not-disabled', 'the host may take pages away and put others there')
    : waived('sept-ve', 'off')
}

function checkPks({ pks }: TdAttributes, policy: TdxSubject['reference']['policy']): Outcome {
  if (!pks) return passed('off')
  return policy.allowPks ? waived('pks', 'on') : failed('pks-not-allowed', 'the TD may use supervisor protection keys')
}

function checkPerfmon({ perfmon }: TdAttributes, policy: TdxSubject['reference']['policy']): Outcome {
  if (!perfmon) return passed('off')
  return policy.allowPerfmon ? waived('perfmon', 'on') : failed('perfmon-not-allowed', 'the TD may use performance counters')
}

function checkXfam({ quote: { body } }: TdxSubject): Outcome {
  const xfam = toHex(body.xfam)
  return isValidXfam(body.xfam) ? passed(xfam) : failed('xfam-invalid', xfam)
}

/** A service TD that is bound to a TD may read and write its state. */
function checkServiceTd({ quote, reference }: TdxSubject): Outcome {
  const { mrServiceTd } = quote.body
  if (mrServiceTd === null) return notAsked('a quote of TD 1.0 does not say')
  if (isZero(mrServiceTd)) return passed('none')
  const digest = toHex(mrServiceTd)
  return (reference.mrServiceTd ?? []).includes(digest)
    ? waived('service-td', digest)
    : failed('service-td-not-allowed', `a service TD is bound: ${digest}`)
}
