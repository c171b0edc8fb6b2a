import { readFile } from 'node:fs/promises'
import { create } from '@bufbuild/protobuf'
import {
  type Attester,
  keyReleaseBinding,
  reportDataOf,
  type SimulatedTdxOverrides,
  simulatedAttester,
  simulatedPlatformSchema,
  simulatedTdxAttester,
  simulatedTdxPlatformSchema,
} from '@reinraum/attestation'
import {
  canonicalBytes,
  generateHpkeKeyPair,
  hpkeOpen,
  parseStrictJson,
  sealedObjectSchema,
  toBase64url,
  utf8,
} from '@reinraum/crypto'
import type { LocalRoom } from '@reinraum/local'
import {
  type Evidence as EvidenceMessage,
  KeyReleaseService,
  type ReleaseKeysRequest,
  ReleaseKeysRequestSchema,
  type ReleaseKeysResponse,
  RunDirectoryService,
} from '@reinraum/proto'
import { type Client, createRpcClient, evidenceToMessage } from '@reinraum/rpc'
import { createSigner, parseStatement, type RunBundleBytes, type SigningKeys } from '@reinraum/statements'

/**
 * Someone who holds an executor's certificate, speaks its protocol, and even has the simulated platform: everything an
 * operator could have here. What keeps the keys from it is only what the key service checks.
 */
export interface RogueExecutor {
  readonly governance: Client<typeof RunDirectoryService>
  keys(id: string): Client<typeof KeyReleaseService>
  /** The bundle that governance would give to an executor. */
  bundleOf(runId: string): Promise<RunBundleBytes>
  /** Makes a complete, honest request for one key service, to be spoilt afterwards. */
  prepare(bundle: RunBundleBytes, keyService: string, options?: PrepareOptions): Promise<Prepared>
  close(): void
}

export interface PrepareOptions {
  /** hex; the measurement that the evidence shows, the real executor's unless told */
  readonly measurement?: string
  /** a simulated platform of either kind, the room's own unless told */
  readonly platformFile?: string
  /** what is wrong with the evidence of a TDX platform */
  readonly tdx?: SimulatedTdxOverrides
}

export interface Prepared {
  readonly request: ReleaseKeysRequest
  readonly evidence: EvidenceMessage
  readonly reportData: Uint8Array
  readonly kem: { readonly publicKey: Uint8Array; readonly privateKey: Uint8Array }
}

export async function rogueExecutor(local: LocalRoom): Promise<RogueExecutor> {
  const files = await local.certificateFor('executor')
  const tls = { ca: await readFile(files.ca), cert: await readFile(files.cert), key: await readFile(files.key) }
  const opened: { close(): void }[] = []
  const keep = <T extends { close(): void }>(client: T): T => {
    opened.push(client)
    return client
  }
  const address = async (service: string) => {
    const config = await readFile(`${local.directory}/services/${service.replaceAll('/', '-')}/config.json`, 'utf8')
    return (JSON.parse(config) as { readonly listen: { readonly services: string } }).listen.services
  }
  const governance = keep(createRpcClient(RunDirectoryService, { address: await address('governance'), tls }))
  const keyServices = new Map<string, Client<typeof KeyReleaseService>>()
  for (const name of local.services.keys()) {
    if (name.startsWith('keys/'))
      keyServices.set(name.slice(5), keep(createRpcClient(KeyReleaseService, { address: await address(name), tls })))
  }
  const keys = (id: string) => {
    const client = keyServices.get(id)
    if (client === undefined) throw new Error(`no key service ${id}`)
    return client
  }
  return {
    governance,
    keys,
    async bundleOf(runId) {
      const { bundle } = await governance.getRunBundle({ runId })
      if (bundle === undefined) throw new Error('no bundle')
      return bundle
    },
    async prepare(bundle, keyService, options = {}) {
      const run = parseStatement(bundle.run)
      if (run.document.kind !== 'reinraum/run/v1') throw new Error('no run')
      const [kem, signer] = await Promise.all([generateHpkeKeyPair(), createSigner()])
      const { nonce } = await keys(keyService).issueNonce({ runId: run.id })
      const sig: SigningKeys = signer.keys
      const reportData = reportDataOf(
        keyReleaseBinding({
          nonces: { [keyService]: toBase64url(nonce) },
          kem: toBase64url(kem.publicKey),
          sig,
          contract: run.document.contract,
          query: run.document.query,
          run: run.id,
        }),
      )
      const attester = await attesterOf(local, options)
      const shown = evidenceToMessage(await attester.getEvidence(reportData))
      const request = create(ReleaseKeysRequestSchema, {
        bundle: {
          ...bundle,
          decisions: [...bundle.decisions],
          manifests: [...bundle.manifests],
          revocations: [...bundle.revocations],
        },
        evidence: shown,
        nonces: [{ keyServiceId: keyService, nonce }],
        kemPublicKey: kem.publicKey,
        signingKeys: canonicalBytes(sig),
      })
      return { request, evidence: shown, reportData, kem }
    },
    close() {
      for (const client of opened) client.close()
    },
  }
}

async function attesterOf({ platform: own }: LocalRoom, { platformFile, tdx, ...options }: PrepareOptions): Promise<Attester> {
  const schema = simulatedPlatformSchema.or(simulatedTdxPlatformSchema)
  const platform = schema.parse(JSON.parse(await readFile(platformFile ?? own.file, 'utf8')))
  const measurement = options.measurement ?? own.measurements.executor
  return platform.kind === 'reinraum/simulated-tdx-platform/v1'
    ? simulatedTdxAttester(platform, { mrtd: measurement, ...(tdx === undefined ? {} : { overrides: tdx }) })
    : simulatedAttester(platform, { measurement })
}

/** What a key service answered: `released`, or the reason why not. */
export function outcomeOf({ outcome }: ReleaseKeysResponse): string {
  return outcome.case === 'denied' ? outcome.value.reasonCode : (outcome.case ?? 'nothing')
}

/** Opens the first released key, if the KEM key and the report data are the right ones. */
export async function openReleased(
  { outcome }: ReleaseKeysResponse,
  kem: Prepared['kem'],
  reportData: Uint8Array,
): Promise<Uint8Array> {
  const key = outcome.case === 'released' ? outcome.value.keys[0] : undefined
  if (key === undefined) throw new Error('nothing was released')
  const sealed = sealedObjectSchema.parse(parseStrictJson(key.sealedKey))
  return hpkeOpen(kem.privateKey, kem.publicKey, sealed, { info: reportData, aad: utf8(key.manifestId) })
}
