import { digestId, randomBytes, toBase64url } from '@reinraum/crypto'
import {
  type Contract,
  createIdentity,
  type DocumentInput,
  type Identity,
  publicKeysOf,
  signerOf,
  signStatement,
} from '@reinraum/statements'
import { type SignedStatement, signByAll, simulatedExecutors } from '@reinraum/testing'

const names = ['air', 'bird', 'inspector', 'analyst', 'partner', 'air-keys', 'stranger'] as const
export type Party = (typeof names)[number]
export type Identities = Readonly<Record<Party, Identity>>

/**
 * `air` owns the data, `bird` reviews first, `inspector` second and may look inside, `analyst` receives, `partner` is a member
 * who may receive too but does not in these runs; the stranger is no member.
 */
export interface Room {
  readonly identities: Identities
  readonly contract: SignedContract
}

export interface SignedContract extends SignedStatement {
  readonly document: Contract
}

const hour = 3600_000
export const at = (offset: number) => new Date(Date.now() + offset).toISOString()
export const soon = { notBefore: at(-hour), notAfter: at(hour) }

export async function createIdentities(): Promise<Identities> {
  const made = await Promise.all(names.map(async (name) => [name, await createIdentity()] as const))
  return Object.fromEntries(made) as Record<Party, Identity>
}

export async function createRoom(identities: Identities, change = (contract: Contract): Contract => contract): Promise<Room> {
  const document = change(contractOf(identities))
  const signed = await signByAll(
    document,
    document.members.map(({ id }) => identities[id as Party]),
  )
  return { identities, contract: { ...signed, document } }
}

export function signAs(identities: Identities, name: string, document: DocumentInput): Promise<Uint8Array> {
  return signStatement(document, signerOf(identities[name as Party]))
}

function contractOf(identities: Identities): Contract {
  const member = (id: Party, roles: Contract['members'][number]['roles']) => ({
    id,
    name: id,
    roles,
    keys: publicKeysOf(identities[id]),
  })
  return {
    kind: 'reinraum/contract/v1',
    name: 'Strikes',
    purpose: 'A test',
    members: [
      member('air', ['owner']),
      member('bird', ['reviewer']),
      member('inspector', ['reviewer']),
      member('analyst', ['analyst', 'recipient']),
      member('partner', ['recipient']),
    ],
    slots: [slot('flights'), slot('strikes')],
    keyServices: [{ id: 'air-keys', custody: 'owner', operator: 'air', keys: publicKeysOf(identities['air-keys']) }],
    executors: simulatedExecutors(),
    results: {
      recipients: ['analyst', 'partner'],
      reviewers: [
        { member: 'bird', mode: 'approve' },
        { member: 'inspector', mode: 'inspect' },
      ],
    },
    validity: soon,
    nonce: toBase64url(randomBytes(32)),
  }
}

function slot(id: string): Contract['slots'][number] {
  return {
    id,
    owner: 'air',
    schema: { columns: [{ name: 'state', type: 'VARCHAR' }] },
    rule: {
      version: 1,
      modes: ['aggregation'],
      privacyUnit: { column: 'state' },
      columns: { state: { dimension: true } },
      output: { minimumGroupSize: 5, maxRows: 1000 },
      approvals: { by: ['air'], threshold: 'all' },
    },
    keyService: 'air-keys',
  }
}

export const manifestId = digestId(Uint8Array.of(1))
