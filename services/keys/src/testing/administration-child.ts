import { join } from 'node:path'
import { recordSuites } from '@reinraum/crypto'
import { createLog } from '@reinraum/kit'
import { createAuthority } from '@reinraum/pki'
import type { RpcContext } from '@reinraum/rpc'
import type { Ed25519Jwk } from '@reinraum/statements'
import { systemClock } from '../clock.ts'
import { keysConfigSchema } from '../config.ts'
import { destroyKey } from '../rpc/destroy-key.ts'
import { rewrapKeys } from '../rpc/rewrap-keys.ts'
import { openKeyService } from '../service.ts'

// Rewraps the keys of a slot and destroys one after the other, until it is killed. Says what it has done when it is done.

interface Start {
  readonly config: unknown
  readonly owner: Ed25519Jwk
  readonly contractId: string
  readonly slot: string
  readonly manifests: readonly string[]
}

const { config: given, owner, contractId, slot, manifests } = JSON.parse(process.argv[2] ?? '') as Start
const config = keysConfigSchema.parse(given)
const kit = {
  log: createLog({ level: 'error' }),
  tls: createAuthority().issue(`spiffe://reinraum/${config.id}`, '127.0.0.1'),
  dataPath: (name: string) => join(config.data, name),
}
const vault = (await openKeyService(config, kit, systemClock)).opened()
const context: RpcContext = { caller: { kind: 'party', key: owner }, signal: new AbortController().signal, method: '' }
process.stdout.write('started\n')
for (const [i, manifestId] of manifests.entries()) {
  const suite = recordSuites[(i + 1) % recordSuites.length] ?? ''
  await rewrapKeys(vault, { $typeName: 'reinraum.keys.v1.RewrapKeysRequest', contractId, slot, suite }, context)
  const name = { case: 'manifestId' as const, value: manifestId }
  const key = { $typeName: 'reinraum.keys.v1.KeyReference' as const, name }
  await destroyKey(vault, { $typeName: 'reinraum.keys.v1.DestroyKeyRequest', contractId, key, delayMs: 0n }, context)
  process.stdout.write(`${manifestId}\n`)
}
setInterval(() => undefined, 1000)
