import {
  combineShares,
  constantTimeEqual,
  fromBase64url,
  hpkeOpen,
  parseStrictJson,
  ReinraumError,
  randomBytes,
  sealedObjectSchema,
  toBase64url,
  utf8,
} from '@reinraum/crypto'
import {
  createIdentity,
  type Identity,
  type Manifest,
  parseStatement,
  publicKeysOf,
  signerOf,
  signStatement,
  type VerifiedContract,
} from '@reinraum/statements'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Session } from '../session.ts'
import { depositKey, type VerifiedCustody } from './deposit-key.ts'

const names = ['air', 'bird', 'sea'] as const
const contract = { bytes: utf8('{}') } as unknown as VerifiedContract
let identities: ReadonlyMap<string, Identity>
let manifest: Uint8Array
let dataKey: Uint8Array

beforeAll(async () => {
  const made = await Promise.all(names.map(async (name) => [name, await createIdentity()] as const))
  identities = new Map(made)
  const document: Manifest = {
    kind: 'reinraum/manifest/v1',
    contract: `sha256:${'1'.repeat(64)}`,
    slot: 'strikes',
    version: 1,
    schema: { columns: [{ name: 'operator', type: 'VARCHAR' }] },
    by: 'air',
    rowCount: 1,
    object: `sha256:${'2'.repeat(64)}`,
    length: 1,
    envelope: 'c2sp-cobblestone-256',
    key: 'A'.repeat(22),
    keyCheck: 'A'.repeat(43),
    createdAt: '2026-06-01T00:00:00.000Z',
  }
  manifest = await signStatement(document, signerOf(identityOf('air')))
})

beforeEach(() => {
  dataKey = randomBytes(32)
})

function identityOf(name: string): Identity {
  const identity = identities.get(name)
  if (identity === undefined) throw new Error(`no ${name}`)
  return identity
}

function custodyOf(services: readonly string[], threshold: number): VerifiedCustody {
  const verified = services.map((id) => ({
    id,
    custody: 'owner' as const,
    keys: publicKeysOf(identityOf(id)),
    control: {
      rootKey: { kind: 'file' as const },
      configured: { kind: 'file' as const },
      ownKeys: 'older' as const,
      administrators: [],
    },
    appraisal: null,
  }))
  return { services: verified, threshold }
}

/** What arrives at the key services, each opened with its own key; `refuse` says what goes wrong at which of the calls. */
function farSide(refuse: (id: string, call: number) => ReinraumError | undefined = () => undefined) {
  const arrived: { readonly id: string; readonly sealedKey: Uint8Array }[] = []
  const session = {
    keyService: (id: string) => ({
      async importKey({ sealedKey }: { readonly sealedKey: Uint8Array }) {
        arrived.push({ id, sealedKey })
        const refusal = refuse(id, arrived.filter((call) => call.id === id).length)
        if (refusal !== undefined) throw refusal
        return {}
      },
    }),
  } as unknown as Session
  const open = ({ id, sealedKey }: (typeof arrived)[number]) => {
    const { publicKey, privateKey } = identityOf(id).hpke
    const sealed = sealedObjectSchema.parse(parseStrictJson(sealedKey))
    const binding = { info: utf8('reinraum/import/v1'), aad: utf8(parseStatement(manifest).id) }
    return hpkeOpen(fromBase64url(privateKey), fromBase64url(publicKey), sealed, binding)
  }
  return { session, arrived, opened: () => Promise.all(arrived.map(open)) }
}

const isKey = (key: Uint8Array) => constantTimeEqual(key, dataKey)

describe('a data key', () => {
  test('goes whole to the one key service that holds it', async () => {
    const { session, arrived, opened } = farSide()
    await depositKey(session, custodyOf(['air'], 1), { contract, manifest, dataKey })
    expect(arrived.map(({ id }) => id)).toEqual(['air'])
    expect(await opened()).toEqual([dataKey])
  })

  test('goes in shares to several, so that the threshold of them and no fewer have it', async () => {
    const { session, arrived, opened } = farSide()
    await depositKey(session, custodyOf(names, 2), { contract, manifest, dataKey })
    expect(arrived.map(({ id }) => id).sort()).toEqual([...names])
    const shares = await opened()
    expect(shares.map((share) => share.length)).toEqual([33, 33, 33])
    expect(await combineShares(shares, 2, isKey)).toEqual({ secret: dataKey, wrong: [] })
    for (const share of shares) {
      expect(toBase64url(share)).not.toContain(toBase64url(dataKey).slice(0, 40))
      await expect(combineShares([share], 2, isKey)).rejects.toMatchObject({ code: 'threshold-not-reached' })
    }
  })

  test('is left as it is: the caller needs it and overwrites it', async () => {
    const before = Uint8Array.from(dataKey)
    await depositKey(farSide().session, custodyOf(['air'], 1), { contract, manifest, dataKey })
    await depositKey(farSide().session, custodyOf(names, 3), { contract, manifest, dataKey })
    expect(dataKey).toEqual(before)
  })
})

describe('a key service', () => {
  const gone = new ReinraumError('unavailable', 'starting again')

  test('that is away for a moment is handed the same share again', async () => {
    const { session, arrived, opened } = farSide((id, call) => (id === 'sea' && call === 1 ? gone : undefined))
    await depositKey(session, custodyOf(names, 2), { contract, manifest, dataKey })
    expect(arrived.map(({ id }) => id).sort()).toEqual(['air', 'bird', 'sea', 'sea'])
    const [first, second] = arrived.filter(({ id }) => id === 'sea')
    expect(first?.sealedKey).toEqual(second?.sealedKey)
    expect(new Set((await opened()).map((share) => toBase64url(share)))).toHaveLength(3)
  })

  test('that does not take its share fails the whole deposit, once all others have answered', async () => {
    const full = new ReinraumError('storage-full', 'no room')
    const { session, arrived } = farSide((id) => (id === 'air' ? full : undefined))
    const attempt = depositKey(session, custodyOf(names, 2), { contract, manifest, dataKey })
    await expect(attempt).rejects.toBe(full)
    expect(arrived.map(({ id }) => id).sort()).toEqual([...names])
  })
})

test('the shares of two attempts do not fit each other: a repeated sealing is another key', async () => {
  const [first, second] = [farSide(), farSide()]
  await depositKey(first.session, custodyOf(names, 2), { contract, manifest, dataKey })
  await depositKey(second.session, custodyOf(names, 2), { contract, manifest, dataKey })
  const mixed = [(await first.opened())[0], (await second.opened())[1]] as [Uint8Array, Uint8Array]
  await expect(combineShares(mixed, 2, isKey)).rejects.toMatchObject({ code: 'share-invalid' })
})
