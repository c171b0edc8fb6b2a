import { digestId, randomBytes, toBase64url } from '@reinraum/crypto'
import {
  type Contract,
  createIdentity,
  type Identity,
  type Manifest,
  mergeSignatures,
  parseStatement,
  publicKeysOf,
  signerOf,
  signStatement,
} from '@reinraum/statements'

const names = ['air', 'bird', 'analyst', 'air-keys', 'stranger'] as const
export type Party = (typeof names)[number]

/** Two agencies with a slot each (`flights` of `air`, `strikes` of `bird`), an analyst, and a stranger to the contract. */
export interface Room {
  readonly identities: Readonly<Record<Party, Identity>>
  contract(change?: (contract: Contract) => Contract, signers?: readonly Party[]): Promise<SignedContract>
  /** The manifest of a ciphertext, signed by the slot's owner. */
  manifest(
    contract: SignedContract,
    ciphertext: Uint8Array,
    change?: (manifest: Manifest) => Manifest,
    signer?: Party,
  ): Promise<{ readonly id: string; readonly bytes: Uint8Array }>
}

export interface SignedContract {
  readonly id: string
  readonly bytes: Uint8Array
  readonly document: Contract
}

const hour = 3600_000
const at = (offset: number) => new Date(Date.now() + offset).toISOString()

export async function createRoom(): Promise<Room> {
  const made = await Promise.all(names.map(async (name) => [name, await createIdentity()] as const))
  const identities = Object.fromEntries(made) as Record<Party, Identity>
  return {
    identities,
    async contract(change = (contract) => contract, signers = ['air', 'bird', 'analyst']) {
      const document = change(contractOf(identities))
      const signed = await Promise.all(signers.map((name) => signStatement(document, signerOf(identities[name]))))
      const bytes = await signed
        .slice(1)
        .reduce(async (all, one) => mergeSignatures(await all, one), Promise.resolve(one(signed)))
      return { id: parseStatement(bytes).id, bytes, document }
    },
    async manifest(contract, ciphertext, change = (manifest) => manifest, signer = 'air') {
      const document = change(manifestOf(contract, ciphertext))
      const bytes = await signStatement(document, signerOf(identities[signer]))
      return { id: parseStatement(bytes).id, bytes }
    },
  }
}

function one<T>(items: readonly T[]): T {
  const [first] = items
  if (first === undefined) throw new Error('nobody signs')
  return first
}

function contractOf(identities: Readonly<Record<Party, Identity>>): Contract {
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
    members: [member('air', ['owner']), member('bird', ['owner']), member('analyst', ['analyst', 'recipient'])],
    slots: [slot('flights', 'air'), slot('strikes', 'bird')],
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
    results: { recipients: ['analyst'], reviewers: [] },
    validity: { notBefore: at(-hour), notAfter: at(hour) },
    nonce: toBase64url(randomBytes(32)),
  }
}

const schema: Manifest['schema'] = {
  columns: [
    { name: 'state', type: 'VARCHAR' },
    { name: 'operator', type: 'VARCHAR' },
  ],
}

function slot(id: string, owner: Party): Contract['slots'][number] {
  return {
    id,
    owner,
    schema,
    rule: {
      version: 1,
      modes: ['template'],
      privacyUnit: { column: 'operator' },
      columns: { state: { dimension: true } },
      output: { minimumGroupSize: 5, maxRows: 1000 },
      approvals: { by: [owner], threshold: 'all' },
    },
    keyService: 'air-keys',
  }
}

function manifestOf(contract: SignedContract, ciphertext: Uint8Array): Manifest {
  return {
    kind: 'reinraum/manifest/v1',
    contract: contract.id,
    slot: 'flights',
    version: 1,
    schema,
    by: 'air',
    rowCount: 10,
    object: digestId(ciphertext),
    length: ciphertext.length,
    envelope: 'c2sp-cobblestone-256',
    key: toBase64url(randomBytes(16)),
    createdAt: at(0),
  }
}
