import type { KeyServiceIdentity } from '@reinraum/client'
import { randomBytes, toBase64url } from '@reinraum/crypto'
import type { Contract, PublicKeys } from '@reinraum/statements'
import { slots } from './slots.ts'

export const agencies = ['aviation', 'wildlife', 'geography'] as const
export type AgencyId = (typeof agencies)[number]
export const analyst = 'safety-board'
export type PartyId = AgencyId | typeof analyst

const names: Readonly<Record<PartyId, string>> = {
  aviation: 'Aviation statistics office',
  wildlife: 'Wildlife agency',
  geography: 'Geographic survey',
  [analyst]: 'Safety board',
}

export interface ContractInput {
  readonly keys: Readonly<Record<PartyId, PublicKeys>>
  readonly keyServices: readonly KeyServiceIdentity[]
  /** of acceptable executors, and of the attested key service */
  readonly referenceValues: { readonly executor: Contract['executors']; readonly keys: Contract['executors'] }
  readonly now: Date
}

/** The contract of the demonstration: three owners, one analyst, one reviewer, for one year. */
export function demoContract({ keys, keyServices, referenceValues, now }: ContractInput): Contract {
  return {
    kind: 'reinraum/contract/v1',
    name: 'Wildlife strikes and air traffic',
    purpose: 'Joint statistics on wildlife strikes, traffic and delay; no record leaves its agency in the clear',
    members: [
      ...agencies.map((id) => ({
        id,
        name: names[id],
        roles: id === 'wildlife' ? (['owner', 'reviewer'] as const) : (['owner'] as const),
        keys: keys[id],
      })),
      { id: analyst, name: names[analyst], roles: ['analyst', 'recipient'] as const, keys: keys[analyst] },
    ].map((member) => ({ ...member, roles: [...member.roles] })),
    slots: slots.map((slot) => structuredClone(slot)),
    keyServices: keyServices.map((service) =>
      service.custody === 'owner'
        ? { id: service.id, custody: 'owner', operator: 'aviation', keys: service.keys }
        : { id: service.id, custody: 'attested', keys: service.keys, referenceValues: referenceValues.keys },
    ),
    executors: referenceValues.executor,
    results: { recipients: [analyst], reviewers: [{ member: 'wildlife', mode: 'approve' }] },
    validity: {
      notBefore: new Date(now.getTime() - 60_000).toISOString(),
      notAfter: new Date(now.getTime() + 365 * 86_400_000).toISOString(),
    },
    nonce: toBase64url(randomBytes(32)),
  }
}
