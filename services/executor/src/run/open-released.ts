import { hpkeOpen, parseStrictJson, ReinraumError, sealedObjectSchema, utf8, zeroise } from '@reinraum/crypto'
import type { KeysReleased } from '@reinraum/proto'
import { type Release, type Verified, type VerifiedRun, verifyRelease } from '@reinraum/statements'
import { custodiesOf } from './custodies.ts'
import type { RunKeys } from './keys.ts'
import { openHistories, type ReleasedHistories, zeroiseHistories } from './open-histories.ts'

/** What one key service gave for a run. */
export interface OpenedRelease {
  /** slot → what the service holds of its key; overwritten by whoever opened it */
  readonly parts: ReadonlyMap<string, Uint8Array>
  /** of slots whose results are compared with earlier ones; overwritten as the parts are */
  readonly histories: ReleasedHistories
  readonly release: Verified<Release>
  /** ms since 1970 */
  readonly leaseExpiresAt: number
}

/** What the run's evidence says, which every answer has to fit. */
export interface AskedWith {
  readonly run: VerifiedRun
  readonly keys: Pick<RunKeys, 'kem'>
  readonly reportData: Uint8Array
  /** id of the evidence */
  readonly evidence: string
}

/**
 * Opens what a key service released: for every slot of the run that it holds a key or share of, once, with a statement that
 * says so of this run and this evidence. Whether keys and shares are the right ones is not seen here.
 * @throws ReinraumError `key-mismatch`, and those of `verifyRelease` and `hpkeOpen`
 */
export async function openReleased(service: string, released: KeysReleased, asked: AskedWith): Promise<OpenedRelease> {
  const expected = custodiesOf(asked.run)
    .filter(({ services }) => services.includes(service))
    .map(({ slot }) => pairOf(slot, asked.run.manifests.get(slot)?.id ?? ''))
  const given = released.keys.map(({ slot, manifestId }) => pairOf(slot, manifestId))
  if (!sameSet(given, expected)) throw mismatch(service, 'released other keys than it was asked for')
  const release = await verifyRelease(released.release, asked.run.contract)
  if (!speaksOf(release.document, service, asked, expected)) throw mismatch(service, 'answered with another release')
  const slots = released.keys.map(({ slot }) => slot)
  const histories = await openHistories(service, released, release.document, slots, asked)
  try {
    const parts = await openParts(service, released, asked)
    return { parts, histories, release, leaseExpiresAt: Number(released.leaseExpiresAt) }
  } catch (error) {
    zeroiseHistories([histories])
    throw error
  }
}

async function openParts(service: string, { keys }: KeysReleased, asked: AskedWith): Promise<ReadonlyMap<string, Uint8Array>> {
  const { publicKey, privateKey } = asked.keys.kem
  const parts = new Map<string, Uint8Array>()
  try {
    for (const { slot, manifestId, sealedKey } of keys) {
      const sealed = sealedObjectSchema.safeParse(parseStrictJson(sealedKey))
      if (!sealed.success) throw mismatch(service, 'answered with a malformed key')
      const binding = { info: asked.reportData, aad: utf8(manifestId) }
      parts.set(slot, await hpkeOpen(privateKey, publicKey, sealed.data, binding))
    }
    return parts
  } catch (error) {
    zeroise(...parts.values())
    throw error
  }
}

/** One release that speaks of something else would spoil the receipt of everyone. */
function speaksOf(release: Release, service: string, { run, evidence }: AskedWith, expected: readonly string[]): boolean {
  const { outcome } = release
  return (
    release.keyService === service &&
    release.run === run.run.id &&
    release.evidence === evidence &&
    outcome.decision === 'released' &&
    sameSet(
      outcome.datasets.map(({ slot, manifest }) => pairOf(slot, manifest)),
      expected,
    )
  )
}

/** Neither id holds a blank. */
function pairOf(slot: string, manifest: string): string {
  return `${slot} ${manifest}`
}

function sameSet(given: readonly string[], expected: readonly string[]): boolean {
  return given.toSorted().join('\n') === expected.toSorted().join('\n')
}

function mismatch(service: string, what: string): ReinraumError {
  return new ReinraumError('key-mismatch', `key service ${service} ${what}`)
}
