import { readFile, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { keyReleaseBinding, reportDataOf } from '@reinraum/attestation'
import { canonicalBytes, hpkeSeal, parseStrictJson, ReinraumError, randomBytes, toBase64url, utf8 } from '@reinraum/crypto'
import type { LocalRoom } from '@reinraum/local'
import { KeyReleaseService, type ReleaseKeysRequest, type ReleaseKeysResponse } from '@reinraum/proto'
import { createRpcClient, createRpcServer, implement } from '@reinraum/rpc'
import { parseStatement, signingKeysSchema } from '@reinraum/statements'

/**
 * Somebody who runs a key service and stands between it and the executors, with that service's own certificate: it may pass
 * everything on, give another share than the service holds and renew every lease, say that it is away, or never answer.
 */
export interface InterposedKeyService {
  does: 'pass on' | 'lie' | 'be away' | 'hang'
  stop(): Promise<void>
}

/** Stands before these key services of a room, in their order, and starts the executor again so that it comes here. */
export async function interpose(local: LocalRoom, ids: readonly string[]): Promise<readonly InterposedKeyService[]> {
  const made = await Promise.all(ids.map((id) => standBefore(local, id)))
  const path = `${local.directory}/services/executor/config.json`
  const config = JSON.parse(await readFile(path, 'utf8')) as { readonly keyServices: Readonly<Record<string, string>> }
  const here = Object.fromEntries(ids.map((id, index) => [id, made[index]?.address]))
  await writeFile(path, JSON.stringify({ ...config, keyServices: { ...config.keyServices, ...here } }))
  await local.restart('executor')
  return made
}

async function standBefore(local: LocalRoom, id: string): Promise<InterposedKeyService & { readonly address: string }> {
  const name = `keys/${id}` as const
  const config = await readFile(`${local.directory}/services/keys-${id}/config.json`, 'utf8')
  const { listen } = JSON.parse(config) as { readonly listen: { readonly services: string } }
  const service = createRpcClient(KeyReleaseService, { address: listen.services, tls: await tlsOf(local, 'executor') })
  const self: Pick<InterposedKeyService, 'does'> = { does: 'pass on' }
  const attend = async <T>(signal: AbortSignal, pass: () => Promise<T>): Promise<T> => {
    if (self.does === 'be away') throw new ReinraumError('unavailable', 'away')
    if (self.does === 'hang') await sleep(600_000, undefined, { signal })
    return pass()
  }
  const server = await createRpcServer({
    audience: 'services',
    name,
    address: '127.0.0.1:0',
    tls: await tlsOf(local, name),
    allow: () => true,
    graceMs: 100,
    services: [
      implement(KeyReleaseService, {
        issueNonce: (request, { signal }) => attend(signal, () => service.issueNonce(request)),
        renewLease: (request, { signal }) =>
          attend(signal, async () => {
            const forever = { outcome: { case: 'leaseExpiresAt' as const, value: BigInt(Number.MAX_SAFE_INTEGER) } }
            return self.does === 'lie' ? forever : service.renewLease(request)
          }),
        readHistory: (request, { signal }) => attend(signal, () => service.readHistory(request)),
        appendHistory: (request, { signal }) => attend(signal, () => service.appendHistory(request)),
        holdBudget: (request, { signal }) => attend(signal, () => service.holdBudget(request)),
        releaseKeys: (request, { signal }) =>
          attend(signal, async () => {
            const answer = await service.releaseKeys(request)
            return self.does === 'lie' ? withOtherShares(request, answer) : answer
          }),
      }),
    ],
  })
  return Object.assign(self, {
    address: `127.0.0.1:${server.port}`,
    async stop() {
      await server.stop()
      service.close()
    },
  })
}

/** The same answer with the same signed release; only what is sealed inside is as long as a share, and none. */
async function withOtherShares(request: ReleaseKeysRequest, answer: ReleaseKeysResponse): Promise<ReleaseKeysResponse> {
  if (answer.outcome.case !== 'released') return answer
  const info = reportDataIn(request)
  const keys = await Promise.all(
    answer.outcome.value.keys.map(async (key) => {
      const sealed = await hpkeSeal(request.kemPublicKey, randomBytes(33), { info, aad: utf8(key.manifestId) })
      return { ...key, sealedKey: canonicalBytes(sealed) }
    }),
  )
  return { ...answer, outcome: { case: 'released', value: { ...answer.outcome.value, keys } } }
}

function reportDataIn({ bundle, nonces, kemPublicKey, signingKeys }: ReleaseKeysRequest): Uint8Array {
  const run = parseStatement(bundle?.run ?? new Uint8Array(0))
  if (run.document.kind !== 'reinraum/run/v1') throw new Error('no run')
  return reportDataOf(
    keyReleaseBinding({
      nonces: Object.fromEntries(nonces.map(({ keyServiceId, nonce }) => [keyServiceId, toBase64url(nonce)])),
      kem: toBase64url(kemPublicKey),
      sig: signingKeysSchema.parse(parseStrictJson(signingKeys)),
      contract: run.document.contract,
      query: run.document.query,
      run: run.id,
    }),
  )
}

async function tlsOf(local: LocalRoom, id: string) {
  const { ca, cert, key } = await local.certificateFor(id)
  return { ca: await readFile(ca), cert: await readFile(cert), key: await readFile(key) }
}
