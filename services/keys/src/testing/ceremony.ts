import {
  canonicalBytes,
  fromBase64url,
  hpkeOpen,
  hpkeSeal,
  parseStrictJson,
  randomBytes,
  sealedObjectSchema,
  utf8,
} from '@reinraum/crypto'
import { type ReshareResponse, SealService, type UnsealResponse } from '@reinraum/proto'
import { hpkeKeysOf, type Identity } from '@reinraum/statements'
import { z } from 'zod'
import type { PartyName, Room, RoomOptions, RunningKeyService } from './room.ts'

/** Two of air, bird and officer unseal the shared service, the analyst administers it; the officer has keys of the other suite. */
export const twoOfThree: RoomOptions = {
  shared: (file) => ({
    rootKey: { kind: 'shares', threshold: 2, holders: [file('air'), file('bird'), file('officer')] },
    administrators: [file('analyst')],
  }),
  suites: { officer: 'MLKEM1024-P384/HKDF-SHA384/AES-256-GCM' },
}

/** The share of a holder, opened as only the holder can. */
export async function shareOf(service: RunningKeyService, holder: Identity): Promise<Uint8Array> {
  const { sealedShare } = await service.asOf(SealService, holder).getUnsealShare({})
  const { publicKey, privateKey } = hpkeKeysOf(holder)
  const sealed = sealedObjectSchema.parse(parseStrictJson(sealedShare))
  return hpkeOpen(privateKey, publicKey, sealed, { info: utf8('reinraum/unseal-share/v1'), aad: utf8(service.id) })
}

/** Brings a contribution in the name of somebody. */
export async function contribute(service: RunningKeyService, by: Identity, secret: Uint8Array): Promise<UnsealResponse> {
  const client = service.asOf(SealService, by)
  const { unsealKey } = await client.getSealStatus({ nonce: randomBytes(32) })
  const { publicKey } = z.object({ publicKey: z.string() }).parse(parseStrictJson(unsealKey))
  const binding = { info: utf8('reinraum/unseal/v1'), aad: utf8(service.id) }
  const sealed = await hpkeSeal(fromBase64url(publicKey), secret, binding)
  return client.unseal({ sealedContribution: canonicalBytes(sealed) })
}

/** The named holders contribute their own shares to the shared service, one after the other. */
export async function unsealBy(room: Room, ...holders: readonly PartyName[]): Promise<void> {
  for (const name of holders) {
    const holder = room.parties[name]
    await contribute(room.shared, holder, await shareOf(room.shared, holder))
  }
}

/** A consent in the name of somebody, to what the service says of itself unless told otherwise. */
export async function consent(service: RunningKeyService, by: Identity, secret: Uint8Array, to?: Uint8Array) {
  const client = service.asOf(SealService, by)
  const { unsealKey, control } = await client.getSealStatus({ nonce: randomBytes(32) })
  const { publicKey } = z.object({ publicKey: z.string() }).parse(parseStrictJson(unsealKey))
  const aad = canonicalBytes({ keyService: service.id, control: parseStrictJson(to ?? control) })
  const sealed = await hpkeSeal(fromBase64url(publicKey), secret, { info: utf8('reinraum/reshare/v1'), aad })
  return client.reshare({ sealedContribution: canonicalBytes(sealed) })
}

/** The named holders give their root key up for the configured one. What the last of them is told. */
export async function reshareBy(room: Room, ...holders: readonly PartyName[]): Promise<ReshareResponse | undefined> {
  let last: ReshareResponse | undefined
  for (const name of holders) {
    const holder = room.parties[name]
    last = await consent(room.shared, holder, await shareOf(room.shared, holder))
  }
  return last
}

/** The analyst of `twoOfThree` seals the shared service. */
export async function sealAsAdministrator(room: Room): Promise<void> {
  await room.shared.asOf(SealService, room.parties.analyst).seal({})
}
