import type { RootKeyControl, ServiceControl } from '@reinraum/statements'
import type { People, RootKeyKind } from '../root-key/root-key.ts'

/** A root key as evidence speaks of it. */
export function rootKeyControl(kind: RootKeyKind, people: People | undefined): RootKeyControl {
  if (kind !== 'shares') return { kind }
  return {
    kind,
    threshold: people?.threshold ?? 0,
    holders: (people?.holders ?? []).map(({ fingerprint }) => fingerprint).sort(),
  }
}

/** Who has power over a service, in one form only: it is hashed. */
export function controlOf(said: Omit<ServiceControl, 'administrators'>, administrators: readonly string[]): ServiceControl {
  return { ...said, administrators: [...new Set(administrators)].sort() }
}
