import { canonicalize, ReinraumError } from '@reinraum/crypto'
import { guardVersion, namedNoise } from '@reinraum/policy'
import { add, chargeOf, costOf, covers, type NoiseCost, parseQuotient, quotientText, rational } from '@reinraum/privacy'
import { type NamedNoise, type Receipt, type Slot, type Verified, type VerifiedRun, withRowsStated } from '@reinraum/statements'
import { checkQuery } from './queries.ts'

/** What is known of the noise that a receipt names. */
export type NoiseStanding =
  /** the executor that signed it was older than receipts that name noise */
  | 'unnamed'
  /** enough for what was debited; another version of the guard planned it */
  | 'enough'
  /** enough, and what the guard here plans for the same rules, query and parameters */
  | 'planned'

/** Whether a rule asks for noise, or the receipt names any. */
export function concernsNoise(run: VerifiedRun, { document }: Verified<Receipt>): boolean {
  return document.noise !== undefined || askingOf(run).length > 0
}

function askingOf({ contract, manifests }: Pick<VerifiedRun, 'contract' | 'manifests'>): readonly Slot[] {
  return contract.document.slots.filter(({ id, rule }) => manifests.has(id) && rule.differentialPrivacy !== undefined)
}

/**
 * Verifies the noise that a receipt names: it costs each dataset no more than the query says, added up from its scales, and it
 * is what the guard plans, if this is the guard that planned it. That it was drawn is the word of the attested executor.
 * @throws ReinraumError `receipt-invalid`
 */
export async function verifyNoise(run: VerifiedRun, { document }: Verified<Receipt>): Promise<NoiseStanding> {
  const asking = askingOf(run)
  const { noise, guard } = document
  if (noise === undefined) return 'unnamed'
  if (asking.length === 0) throw invalid('the receipt names noise that no rule asks for')
  requireWithinCharge(noise, asking, run)
  if (guard !== guardVersion) return 'enough'
  const { sql, parameters, privacy } = run.query.document
  const { parameters: values, by } = run.run.document
  const slots = run.contract.document.slots.flatMap((slot) => {
    const manifest = run.manifests.get(slot.id)
    return manifest === undefined ? [] : [withRowsStated(slot, manifest.document)]
  })
  const verdict = await checkQuery(slots, { sql, parameters, privacy }, { by, values })
  const planned =
    verdict.verdict === 'allowed' && verdict.report.noise !== null
      ? namedNoise(
          verdict.noise.map(({ plan }) => plan),
          verdict.report.noise,
        )
      : null
  if (planned === null || canonicalize(planned) !== canonicalize(noise))
    throw invalid('the receipt names other noise than the rules and the query ask for')
  return 'planned'
}

function requireWithinCharge(noise: NamedNoise, asking: readonly Slot[], { query }: VerifiedRun): void {
  const { privacy } = query.document
  const cost = costOfNamed(noise)
  for (const { id, rule } of asking) {
    if (rule.differentialPrivacy === undefined) continue
    const priced = privacy === undefined ? undefined : chargeOf(rule.differentialPrivacy, privacy)
    if (priced?.outcome !== 'charge' || !covers(rule.differentialPrivacy, priced.charge, cost))
      throw invalid(`the noise that the receipt names costs ${id} more than the query spends`)
  }
}

/** Added up from scales and sensitivities, which each column's own figures have to agree with. */
function costOfNamed(tables: NamedNoise): NoiseCost {
  const columns = tables.flatMap((table) => table.columns)
  const read = columns.map(({ mechanism, scale, sensitivity, epsilon, rho }) => {
    const column = {
      mechanism,
      scale: parseQuotient(scale),
      sensitivity: { l1: BigInt(sensitivity.l1), l2Squared: BigInt(sensitivity.l2Squared) },
    }
    if (column.scale.numerator === 0n) throw invalid('the receipt names noise of no size')
    const cost = costOf([column])
    const stated = cost.epsilon === null ? null : quotientText(cost.epsilon)
    if (stated !== epsilon || quotientText(cost.rho) !== rho) throw invalid('the receipt names another loss than its noise has')
    return column
  })
  const deltas = tables.flatMap(({ threshold }) => (threshold?.delta == null ? [] : [parseQuotient(threshold.delta)]))
  return { ...costOf(read), delta: deltas.reduce(add, rational(0)) }
}

function invalid(what: string): ReinraumError {
  return new ReinraumError('receipt-invalid', what)
}
