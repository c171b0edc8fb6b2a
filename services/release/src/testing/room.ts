import { digestId, randomBytes, toBase64url } from '@reinraum/crypto'
import {
  type Contract,
  createIdentity,
  type DocumentInput,
  type Identity,
  mergeSignatures,
  parseStatement,
  publicKeysOf,
  signerOf,
  signStatement,
} from '@reinraum/statements'

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

export interface SignedContract {
  readonly id: string
  readonly bytes: Uint8Array
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
  const signed = await Promise.all(document.members.map(({ id }) => signAs(identities, id, document)))
  const [first, ...rest] = signed
  if (first === undefined) throw new Error('nobody signs')
  let bytes = first
  for (const next of rest) bytes = await mergeSignatures(bytes, next)
  return { identities, contract: { id: parseStatement(bytes).id, bytes, document } }
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
    executors: {
      snp: {
        roots: [{ product: 'Genoa', sha256: 'ab'.repeat(32), simulated: true }],
        measurements: ['cd'.repeat(48)],
        policy: {
          products: ['Genoa'],
          allowVersion2: false,
          allowDebug: false,
          allowMigration: false,
          allowMaskedChipId: false,
          vmpls: [0],
          minimumAbi: { major: 0, minor: 0 },
          minimumTcb: {},
          allowSmt: true,
          requireSingleSocket: false,
          requireAliasCheck: true,
          requireCiphertextHiding: false,
          requireCrl: true,
          cspIds: [],
        },
      },
    },
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
