import { canonicalBytes, hpkeOpen, parseStrictJson, ReinraumError, sealedObjectSchema, utf8 } from '@reinraum/crypto'
import type { ReshareRequest } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import { callerKey, requireAdministrator } from '../caller-key.ts'
import type { Consent } from '../seal/consents.ts'
import type { KeyService } from '../seal/key-service.ts'

const reshareInfo = utf8('reinraum/reshare/v1')

/** Takes the store over to a new root key of the configuration: other holders, another threshold, another kind. */
export async function reshare(service: KeyService, { sealedContribution }: ReshareRequest, context: RpcContext) {
  const consent = sealedContribution.length === 0 ? undefined : await openConsent(service, sealedContribution, context)
  if (consent === undefined) requireAdministrator(service.site, context)
  const awaited = await service.reshare(consent)
  service.site.log.warn({ awaited }, 'asked to have everything wrapped under a new root key')
  const { need } = await service.source.progress()
  const holders = await service.site.store.db.selectFrom('unseal_shares').select('holder').execute()
  return { rootKey: service.source.kind, need, holders: holders.length, awaited }
}

/** A consent is to one configuration: what its holder saw of it is authenticated with the share. */
async function openConsent(service: KeyService, bytes: Uint8Array, context: RpcContext): Promise<Consent> {
  const by = callerKey(context)
  const sealed = sealedObjectSchema.safeParse(parseStrictJson(bytes))
  if (!sealed.success) throw new ReinraumError('suite-unsupported', 'the contribution is not sealed with a suite in use')
  const { publicKey, privateKey } = service.unsealKeys
  const aad = canonicalBytes({ keyService: service.site.id, control: await service.control() })
  return { by, share: await hpkeOpen(privateKey, publicKey, sealed.data, { info: reshareInfo, aad }) }
}
