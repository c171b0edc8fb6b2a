import { ReinraumError } from '@reinraum/crypto'
import type { Contract } from '../kinds/contract.ts'
import type { Manifest } from '../kinds/manifest.ts'
import type { Query } from '../kinds/query.ts'
import type { Run } from '../kinds/run.ts'
import type { Verified } from '../verified.ts'

/**
 * The manifest of each slot that the query reads, as the run names it. The bundle holds these and no others.
 * Throws `dataset-version-not-allowed`.
 */
export function manifestsOfRun(
  query: Query,
  run: Run,
  manifests: readonly Verified<Manifest>[],
): ReadonlyMap<string, Verified<Manifest>> {
  const named = Object.keys(run.versions)
  if (named.length !== query.slots.length || !query.slots.every((slot) => Object.hasOwn(run.versions, slot))) {
    throw new ReinraumError('dataset-version-not-allowed', 'the run does not name one dataset version for each slot of its query')
  }
  const found = new Map<string, Verified<Manifest>>()
  for (const slot of query.slots) {
    const manifest = manifests.find((m) => m.id === run.versions[slot])
    if (!manifest) throw new ReinraumError('dataset-version-not-allowed', `the manifest for slot ${slot} is missing`)
    if (manifest.document.slot !== slot) {
      throw new ReinraumError('dataset-version-not-allowed', `the run puts a manifest of another slot into ${slot}`)
    }
    found.set(slot, manifest)
  }
  if (!manifests.every((m) => found.get(m.document.slot)?.id === m.id)) {
    throw new ReinraumError('dataset-version-not-allowed', 'the bundle holds a manifest that the run does not name')
  }
  return found
}

/**
 * No part of a dataset is read in two slots where a rule asks for noise: each would be noised as if the other were not there.
 * Throws `dataset-version-not-allowed`.
 */
export function assertPartsDiffer(contract: Pick<Contract, 'slots'>, versions: ReadonlyMap<string, Verified<Manifest>>): void {
  const noisy = contract.slots.some(({ id, rule }) => versions.has(id) && rule.differentialPrivacy !== undefined)
  if (!noisy) return
  const parts = [...versions.values()].flatMap(({ document: { by, lineage } }) =>
    (lineage?.periods ?? []).map((period) => `${by}/${lineage?.dataset}/${period}`),
  )
  if (new Set(parts).size !== parts.length)
    throw new ReinraumError('dataset-version-not-allowed', 'the run reads one part of a dataset in two slots')
}
