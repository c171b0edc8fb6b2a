import { hpkeOpen, parseStrictJson, ReinraumError, sealedObjectSchema, utf8 } from '@reinraum/crypto'
import type { UnsealRequest } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import { callerKey } from '../caller-key.ts'
import type { KeyService } from '../seal/key-service.ts'

const unsealInfo = utf8('reinraum/unseal/v1')

/** Takes one contribution to unsealing, sealed to the key of this start. */
export async function unseal(service: KeyService, { sealedContribution }: UnsealRequest, context: RpcContext) {
  const sealed = sealedObjectSchema.safeParse(parseStrictJson(sealedContribution))
  if (!sealed.success) throw new ReinraumError('suite-unsupported', 'the contribution is not sealed with a suite in use')
  const { publicKey, privateKey } = service.unsealKeys
  const binding = { info: unsealInfo, aad: utf8(service.site.id) }
  const secret = await hpkeOpen(privateKey, publicKey, sealed.data, binding)
  const progress = await service.contribute(callerKey(context), secret)
  service.site.log.info({ ...progress, sealed: service.isSealed() }, 'a contribution to unsealing was taken')
  return { sealed: service.isSealed(), ...progress }
}
