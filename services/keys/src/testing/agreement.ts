import { canonicalBytes, digestId, hpkeSeal, keyCheckValue, randomBytes, toBase64url, utf8 } from '@reinraum/crypto'
import {
  type Contract,
  type Identity,
  type Manifest,
  manifestCoreContext,
  parseStatement,
  publicKeysOf,
  type Revocation,
  signerOf,
  signStatement,
} from '@reinraum/statements'
import { signByAll, simulatedExecutors } from '@reinraum/testing'
import type { PartyName, Room, RunningKeyService } from './room.ts'

/** What the simulated executors of a contract measure. */
export const executorMeasurement = 'ab'.repeat(48)

type Slot = Contract['slots'][number]

/** One sealed dataset version: the owner's data key, and the manifest that names it. */
export interface Dataset {
  readonly slot: string
  readonly owner: PartyName
  readonly dataKey: Uint8Array
  readonly manifest: Uint8Array
  readonly manifestId: string
  readonly document: Manifest
}

/** A contract that every member signed. `strikes` and `weather` have their keys in the shared service, `flights` in air's own. */
export interface Agreement {
  readonly room: Room
  readonly id: string
  readonly document: Contract
  readonly statement: Uint8Array
}

const hour = 3600_000

/** Signs as the party named. */
export function signAs(room: Room, party: PartyName, document: Parameters<typeof signStatement>[0]): Promise<Uint8Array> {
  return signStatement(document, signerOf(room.parties[party]))
}

export async function agree(room: Room, change: (contract: Contract) => Contract = (contract) => contract): Promise<Agreement> {
  const document = change(contractOf(room))
  const { id, bytes } = await signByAll(
    document,
    document.members.map((member) => room.parties[member.id as PartyName]),
  )
  return { room, id, document, statement: bytes }
}

/** An agreement with the first version of each of its datasets imported. */
export async function agreeAndImport(
  room: Room,
  change?: (contract: Contract) => Contract,
): Promise<Agreement & { readonly datasets: readonly Dataset[] }> {
  const agreement = await agree(room, change)
  const datasets = await Promise.all(agreement.document.slots.map((slot) => sealDataset(agreement, slot.id)))
  for (const dataset of datasets) await importDataset(agreement, dataset)
  return { ...agreement, datasets }
}

export async function sealDataset(
  agreement: Agreement,
  slotId: string,
  change: (manifest: Manifest) => Manifest = (manifest) => manifest,
): Promise<Dataset> {
  const slot = agreement.document.slots.find(({ id }) => id === slotId) as Slot
  const owner = slot.owner as PartyName
  const dataKey = randomBytes(32)
  const changed = change({
    kind: 'reinraum/manifest/v1',
    contract: agreement.id,
    slot: slotId,
    version: 1,
    schema: slot.schema,
    by: owner,
    rowCount: 10,
    object: digestId(randomBytes(8)),
    length: 1000,
    envelope: 'c2sp-cobblestone-256',
    keyCheck: '',
    ...(slot.rule.differentialPrivacy === undefined ? {} : { lineage: { dataset: slotId, periods: [1] } }),
    key: toBase64url(randomBytes(16)),
    createdAt: agreement.room.clock.now().toISOString(),
  })
  const document = { ...changed, keyCheck: toBase64url(keyCheckValue(dataKey, manifestCoreContext(changed))) }
  const manifest = await signAs(agreement.room, owner, document)
  return { slot: slotId, owner, dataKey, manifest, manifestId: parseStatement(manifest).id, document }
}

/** The key service that the contract gives the slot to. */
export function keyServiceOf({ room, document }: Agreement, slotId: string): RunningKeyService {
  return document.slots.find(({ id }) => id === slotId)?.keyService === 'airs' ? room.airs : room.shared
}

/** A data key as its owner seals it to a key service. */
export async function sealForImport(
  service: RunningKeyService,
  dataset: Pick<Dataset, 'dataKey' | 'manifestId'>,
): Promise<Uint8Array> {
  const binding = { info: utf8('reinraum/import/v1'), aad: utf8(dataset.manifestId) }
  return canonicalBytes(await hpkeSeal(service.vault.identity.hpkePublicKey, dataset.dataKey, binding))
}

export async function importDataset(agreement: Agreement, dataset: Dataset, as: PartyName = dataset.owner) {
  const service = keyServiceOf(agreement, dataset.slot)
  const sealedKey = await sealForImport(service, dataset)
  const { manifest } = dataset
  return service.as(agreement.room.parties[as]).importKey({ contract: agreement.statement, manifest, sealedKey })
}

export function revocationOf(agreement: Agreement, by: PartyName, target: Revocation['target']): Promise<Uint8Array> {
  const createdAt = agreement.room.clock.now().toISOString()
  return signAs(agreement.room, by, { kind: 'reinraum/revocation/v1', contract: agreement.id, by, target, reason: '', createdAt })
}

function contractOf(room: Room): Contract {
  const now = room.clock.now().getTime()
  const referenceValues = referenceValuesOf(room)
  const member = (id: PartyName, roles: Contract['members'][number]['roles']) => ({
    id,
    name: `The ${id}`,
    roles,
    keys: publicKeysOf(room.parties[id] as Identity),
  })
  return {
    kind: 'reinraum/contract/v1',
    name: 'Bird strikes',
    purpose: 'Where and when aircraft meet birds',
    members: [
      member('air', ['owner']),
      member('bird', ['owner']),
      member('analyst', ['analyst', 'recipient']),
      member('officer', []),
    ],
    slots: [
      slot('strikes', 'bird', 'shared', ['template'], ['bird', 'officer']),
      slot('weather', 'bird', 'shared', ['aggregation'], ['bird']),
      slot('flights', 'air', 'airs', ['template'], ['air']),
    ],
    keyServices: [
      { id: 'shared', custody: 'attested', keys: room.shared.vault.identity.publicKeys, referenceValues },
      { id: 'airs', custody: 'owner', operator: 'air', keys: room.airs.vault.identity.publicKeys },
    ],
    executors: referenceValues,
    results: { recipients: ['analyst', 'air'], reviewers: [] },
    validity: { notBefore: new Date(now - hour).toISOString(), notAfter: new Date(now + 24 * hour).toISOString() },
    nonce: toBase64url(randomBytes(32)),
  }
}

/** The room's simulated platform, named as simulated, everything else as strict as it comes. */
export function referenceValuesOf({ platform }: Pick<Room, 'platform'>): Contract['executors'] {
  return simulatedExecutors(platform, executorMeasurement)
}

function slot(id: string, owner: PartyName, keyService: string, modes: Slot['rule']['modes'], by: PartyName[]): Slot {
  return {
    id,
    owner,
    keyService,
    schema: { columns: [{ name: 'operator', type: 'VARCHAR' }] },
    rule: {
      version: 1,
      modes,
      privacyUnit: { column: 'operator' },
      columns: { operator: { dimension: true } },
      output: { minimumGroupSize: 5, maxRows: 1000 },
      approvals: { by, threshold: 'all' },
    },
  }
}
