import { digestId, randomBytes, toBase64url } from '@reinraum/crypto'
import { type Contract, createIdentity, type Identity, type Manifest, publicKeysOf } from '@reinraum/statements'
import { type SignedStatement, signByAll, simulatedExecutors } from '@reinraum/testing'

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
  ): Promise<SignedStatement>
}

export interface SignedContract extends SignedStatement {
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
      const signed = await signByAll(
        document,
        signers.map((name) => identities[name]),
      )
      return { ...signed, document }
    },
    async manifest(contract, ciphertext, change = (manifest) => manifest, signer = 'air') {
      return signByAll(change(manifestOf(contract, ciphertext)), [identities[signer]])
    },
  }
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
    executors: simulatedExecutors(),
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
    keyCheck: 'A'.repeat(43),
    key: toBase64url(randomBytes(16)),
    createdAt: at(0),
  }
}
