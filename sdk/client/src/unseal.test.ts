import { createSimulatedPlatform, keyServiceUnsealBinding, reportDataOf, simulatedAttester } from '@reinraum/attestation'
import {
  canonicalBytes,
  fromBase64url,
  generateHpkeKeyPair,
  hpkeOpen,
  hpkeSeal,
  hpkeSuiteOf,
  isReinraumError,
  parseStrictJson,
  randomBytes,
  sealedObjectSchema,
  toBase64url,
  utf8,
} from '@reinraum/crypto'
import { Custody, type GetSealStatusResponse } from '@reinraum/proto'
import { evidenceToMessage } from '@reinraum/rpc'
import { createIdentity, type Identity } from '@reinraum/statements'
import { beforeAll, expect, test } from 'vitest'
import { type SealTrust, unsealKeyId, verifySealStatus } from './seal-status.ts'
import type { Session } from './session.ts'
import { unsealWithPin, unsealWithShare } from './unseal.ts'

const measurement = 'ab'.repeat(48)
const share = randomBytes(33)
const someone = toBase64url(randomBytes(32))
let platform: Awaited<ReturnType<typeof createSimulatedPlatform>>
let me: Identity
let trust: SealTrust
beforeAll(async () => {
  platform = await createSimulatedPlatform({ modulusLength: 2048 })
  me = await createIdentity()
  const root = { product: platform.product, sha256: platform.arkSha256, simulated: true }
  trust = { custody: 'attested', referenceValues: { snp: { roots: [root], measurements: [measurement] } } }
})

type Answer = Pick<
  GetSealStatusResponse,
  'keyServiceId' | 'custody' | 'sealed' | 'rootKey' | 'have' | 'need' | 'unsealKey' | 'control' | 'restoresFrom'
> &
  Partial<Pick<GetSealStatusResponse, 'evidence'>>

/** What an attacker between a holder and a key service, or in its place, makes of the answer. */
interface Attack {
  readonly answer?: (honest: Answer) => Answer | Promise<Answer>
  readonly nonce?: (asked: Uint8Array) => Uint8Array
  readonly code?: string
  readonly rootKey?: 'shares' | 'pkcs11'
}

/** A party's session with a key service that an attacker speaks for, and what reached the attacker. */
async function sessionWith({
  answer = (honest) => honest,
  nonce = (asked) => asked,
  code = measurement,
  rootKey = 'shares',
}: Attack = {}) {
  const { publicKey, privateKey } = await generateHpkeKeyPair()
  const unsealKey = { suite: hpkeSuiteOf(publicKey), publicKey: toBase64url(publicKey) }
  const people = { kind: 'shares', threshold: 2, holders: [me.signing.ed25519.x, someone] } as const
  const control = {
    rootKey: rootKey === 'shares' ? people : { kind: rootKey },
    configured: people,
    ownKeys: 'older' as const,
    administrators: [],
  }
  const received: Uint8Array[] = []
  const service = {
    async getSealStatus(request: { readonly nonce: Uint8Array }) {
      const binding = keyServiceUnsealBinding({
        nonce: toBase64url(nonce(request.nonce)),
        keyService: 'shared',
        unsealKey,
        control,
      })
      const shown = await simulatedAttester(platform, { measurement: code }).getEvidence(reportDataOf(binding))
      const state = { sealed: true, rootKey, have: 0, need: 2, restoresFrom: 0n }
      const honest = {
        keyServiceId: 'shared',
        custody: Custody.ATTESTED,
        ...state,
        unsealKey: canonicalBytes(unsealKey),
        control: canonicalBytes(control),
      }
      return answer({ ...honest, evidence: evidenceToMessage(shown) as NonNullable<Answer['evidence']> })
    },
    async getUnsealShare() {
      const binding = { info: utf8('reinraum/unseal-share/v1'), aad: utf8('shared') }
      return { sealedShare: canonicalBytes(await hpkeSeal(fromBase64url(me.hpke.publicKey), share, binding)) }
    },
    async unseal({ sealedContribution }: { readonly sealedContribution: Uint8Array }) {
      received.push(sealedContribution)
      return { sealed: true, have: 1, need: 2 }
    },
  }
  const session = { identity: me, now: () => new Date(), ofKeyService: () => service } as unknown as Session
  const open = async (sealed: Uint8Array) => {
    const binding = { info: utf8('reinraum/unseal/v1'), aad: utf8('shared') }
    return hpkeOpen(privateKey, publicKey, sealedObjectSchema.parse(parseStrictJson(sealed)), binding)
  }
  return { session, received, open }
}

async function codeOf(step: Promise<unknown>): Promise<string> {
  return step.then(
    () => 'done',
    (error: unknown) => (isReinraumError(error) ? error.code : String(error)),
  )
}

test('a share goes to the key that evidence binds, and nowhere else', async () => {
  const { session, received, open } = await sessionWith()
  expect(await unsealWithShare(session, 'shared', trust)).toMatchObject({ sealed: true, have: 1, need: 2 })
  expect(await open(received[0] as Uint8Array)).toEqual(share)
  const { appraisal } = await unsealWithShare(session, 'shared', trust)
  expect(appraisal).toMatchObject({ status: 'affirming', hardware: false })
})

const anotherKey = async (honest: Answer): Promise<Answer> => {
  const { publicKey } = await generateHpkeKeyPair()
  return { ...honest, unsealKey: canonicalBytes({ suite: hpkeSuiteOf(publicKey), publicKey: toBase64url(publicKey) }) }
}

const inOtherHands = (honest: Answer): Answer => {
  const people = { kind: 'shares', threshold: 2, holders: [me.signing.ed25519.x, toBase64url(randomBytes(32))] } as const
  return {
    ...honest,
    control: canonicalBytes({ rootKey: people, configured: people, ownKeys: 'older' as const, administrators: [] }),
  }
}

const attacks: readonly (readonly [string, Attack, string])[] = [
  ['another key than the one that is bound', { answer: anotherKey }, 'evidence-contraindicated'],
  ['the claim to be in the hands of others', { answer: inOtherHands }, 'evidence-contraindicated'],
  ['no word on whose hands it is in', { answer: (a) => ({ ...a, control: utf8('{}') }) }, 'key-mismatch'],
  ['two words on what opens it', { answer: (a) => ({ ...a, rootKey: 'pkcs11' }) }, 'key-mismatch'],
  ['evidence over an earlier nonce', { nonce: () => new Uint8Array(32) }, 'evidence-contraindicated'],
  ['evidence of other code', { code: 'cd'.repeat(48) }, 'evidence-contraindicated'],
  ['the claim to need no evidence', { answer: (a) => ({ ...a, custody: Custody.OWNER }) }, 'key-mismatch'],
  ['another service', { answer: (a) => ({ ...a, keyServiceId: 'other' }) }, 'key-mismatch'],
  ['something that is no key', { answer: (a) => ({ ...a, unsealKey: utf8('{"suite":"none"}') }) }, 'key-mismatch'],
  ['an open service', { answer: (a) => ({ ...a, sealed: false }) }, 'conflict'],
]
test.each(attacks)('%s gets nothing', async (_, attack, code) => {
  for (const wanted of [unsealWithShare, withPin]) {
    const { session, received } = await sessionWith(attack)
    expect(await codeOf(wanted(session, 'shared', trust))).toBe(code)
    expect(received).toEqual([])
  }
})

test('nothing is sent to a service without evidence, be it on the word of the one who asks', async () => {
  const { session, received } = await sessionWith({ answer: ({ evidence: _, ...rest }) => rest })
  expect(await codeOf(unsealWithShare(session, 'shared', trust))).toBe('malformed-evidence')
  const owned = await sessionWith()
  expect(await codeOf(unsealWithShare(owned.session, 'shared', { custody: 'owner' }))).toBe('key-mismatch')
  expect([...received, ...owned.received]).toEqual([])
})

test('nothing is sent to a service in other hands than the contract says', async () => {
  const own = me.signing.ed25519.x
  if (trust.custody !== 'attested') return expect.unreachable()
  for (const [threshold, holders, code] of [
    [2, [someone, own], 'done'],
    [2, [own, toBase64url(randomBytes(32))], 'key-mismatch'],
    [2, [own, someone, toBase64url(randomBytes(32))], 'key-mismatch'],
    [3, [own, someone], 'key-mismatch'],
  ] as const) {
    const { session, received } = await sessionWith()
    const going = { ...trust, unsealedBy: { threshold, holders: [...holders] } }
    expect(await codeOf(unsealWithShare(session, 'shared', going))).toBe(code)
    expect(received).toHaveLength(code === 'done' ? 1 : 0)
  }
})

test('on one’s own premises nothing is sent to another key than the service’s log has', async () => {
  const owned = { answer: ({ evidence: _, ...rest }: Answer) => ({ ...rest, custody: Custody.OWNER }) }
  const { session, received } = await sessionWith(owned)
  const { unsealKey } = await verifySealStatus(session, 'shared', { custody: 'owner' })
  const trusted = { custody: 'owner', unsealKey: unsealKeyId(unsealKey) } as const
  const between = await sessionWith(owned)
  expect(await codeOf(unsealWithShare(between.session, 'shared', trusted))).toBe('key-mismatch')
  expect(await codeOf(withPin(between.session, 'shared', trusted))).toBe('key-mismatch')
  expect(between.received).toEqual([])
  expect(await codeOf(unsealWithShare(session, 'shared', trusted))).toBe('done')
  expect(received).toHaveLength(1)
})

test('a PIN goes to a service with a token only, and is overwritten whatever happens', async () => {
  const { session, received } = await sessionWith()
  const pin = utf8('493817')
  expect(await codeOf(unsealWithPin(session, 'shared', trust, pin))).toBe('conflict')
  expect([received, pin]).toEqual([[], new Uint8Array(6)])
  const token = await sessionWith({ rootKey: 'pkcs11' })
  const typed = utf8('493817')
  await unsealWithPin(token.session, 'shared', trust, typed)
  expect(await token.open(token.received[0] as Uint8Array)).toEqual(utf8('493817'))
  expect(typed).toEqual(new Uint8Array(6))
})

function withPin(session: Session, id: string, going: SealTrust) {
  return unsealWithPin(session, id, going, utf8('493817'))
}
