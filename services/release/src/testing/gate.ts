import {
  canonicalBytes,
  digestId,
  fromBase64url,
  hpkeOpen,
  hpkeSeal,
  parseStrictJson,
  type SealedObject,
  utf8,
} from '@reinraum/crypto'
import type { Contract } from '@reinraum/statements'
import type { Identities, Party } from './room.ts'

export interface Gate {
  /** outermost first */
  readonly layers: readonly Uint8Array[]
  readonly ids: readonly string[]
  readonly inspectionKeys: readonly { readonly member: string; readonly sealedKey: Uint8Array }[]
}

/** The sealed result keys as an executor makes them. */
export async function sealGate(contract: Contract, recipients: readonly string[], runId: string, key: Uint8Array): Promise<Gate> {
  const seal = (member: string, plaintext: Uint8Array, info: string) => {
    const keys = contract.members.find(({ id }) => id === member)?.keys.hpke.publicKey ?? ''
    return hpkeSeal(fromBase64url(keys), plaintext, { info: utf8(info), aad: utf8(runId) })
  }
  const sealed: Record<string, SealedObject> = {}
  for (const member of recipients) sealed[member] = await seal(member, key, 'reinraum/result/v1')
  let layer = canonicalBytes({ recipients: sealed })
  const layers = [layer]
  for (const { member } of contract.results.reviewers.toReversed()) {
    layer = canonicalBytes({ reviewer: member, sealed: await seal(member, layer, 'reinraum/review/v1') })
    layers.unshift(layer)
  }
  const inspecting = contract.results.reviewers.filter(({ mode }) => mode === 'inspect')
  const inspectionKeys = await Promise.all(
    inspecting.map(async ({ member }) => ({ member, sealedKey: canonicalBytes(await seal(member, key, 'reinraum/inspect/v1')) })),
  )
  return { layers, ids: layers.map(digestId), inspectionKeys }
}

/** What a reviewer finds under its layer, with its own key. */
export async function openLayer(identities: Identities, name: Party, layer: Uint8Array, runId: string): Promise<Uint8Array> {
  const { sealed } = parseStrictJson(layer) as unknown as { sealed: SealedObject }
  return openSealed(identities, name, sealed, 'reinraum/review/v1', runId)
}

export async function openSealed(identities: Identities, name: Party, sealed: SealedObject, info: string, runId: string) {
  const { privateKey, publicKey } = identities[name].hpke
  return hpkeOpen(fromBase64url(privateKey), fromBase64url(publicKey), sealed, { info: utf8(info), aad: utf8(runId) })
}
