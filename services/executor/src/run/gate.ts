import { canonicalBytes, type DigestId, digestId, fromBase64url, hpkeSeal, ReinraumError, utf8 } from '@reinraum/crypto'
import type { Contract, Member, Run } from '@reinraum/statements'

export interface Gate {
  /** the outermost layer of the sealed result keys, JCS */
  readonly layer: Uint8Array
  /** SHA-256 of every layer, outermost first */
  readonly layers: readonly DigestId[]
  readonly recipients: readonly string[]
  /** in the order in which they review */
  readonly reviewers: readonly string[]
  /** for reviewers with `inspect`: the result key, sealed to each */
  readonly inspectionKeys: readonly { readonly member: string; readonly sealedKey: Uint8Array }[]
}

/**
 * Seals the result key to each recipient and nests that under every reviewer's key, the last reviewer innermost. Only all
 * reviewers together, in order, uncover what a recipient can open; whoever stores it can open nothing.
 */
export async function sealGate(contract: Contract, run: Run, runId: string, resultKey: Uint8Array): Promise<Gate> {
  const aad = utf8(runId)
  const seal = async (member: string, plaintext: Uint8Array, info: string) =>
    hpkeSeal(fromBase64url(memberOf(contract, member).keys.hpke.publicKey), plaintext, { info: utf8(info), aad })
  const recipients = [...run.recipients]
  const sealedToRecipients = await Promise.all(
    recipients.map(async (member) => [member, await seal(member, resultKey, 'reinraum/result/v1')] as const),
  )
  let layer = canonicalBytes({ recipients: Object.fromEntries(sealedToRecipients) })
  const layers = [digestId(layer)]
  const { reviewers } = contract.results
  for (const { member } of reviewers.toReversed()) {
    layer = canonicalBytes({ reviewer: member, sealed: await seal(member, layer, 'reinraum/review/v1') })
    layers.unshift(digestId(layer))
  }
  const inspecting = reviewers.filter((reviewer) => reviewer.mode === 'inspect')
  const inspectionKeys = await Promise.all(
    inspecting.map(async ({ member }) => ({
      member,
      sealedKey: canonicalBytes(await seal(member, resultKey, 'reinraum/inspect/v1')),
    })),
  )
  return { layer, layers, recipients, reviewers: reviewers.map(({ member }) => member), inspectionKeys }
}

function memberOf(contract: Contract, id: string): Member {
  const member = contract.members.find((m) => m.id === id)
  if (member === undefined) throw new ReinraumError('unknown-member', `${id} is no member of the contract`)
  return member
}
