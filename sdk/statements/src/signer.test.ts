import { expect, test } from 'vitest'
import { createIdentity, publicKeysOf, signerOf } from './identity.ts'
import { parseStatement } from './parse-statement.ts'
import { signAndIdentify } from './sign-statement.ts'
import { createSigner, thumbprint } from './signer.ts'
import { createParties, queryOf } from './testing/room.ts'

test('a key that was changed has another thumbprint, and two frozen keys have each their own', async () => {
  const [one, other] = await Promise.all([createIdentity(), createIdentity()]).then((made) => made.map(publicKeysOf))
  if (!one || !other) throw new Error('two identities')
  const changing = { ...one.signing.ed25519 }
  const first = await thumbprint(changing)
  changing.x = other.signing.ed25519.x
  expect(await thumbprint(changing)).not.toBe(first)
  for (let round = 0; round < 2; round += 1) {
    expect(await thumbprint(Object.freeze(one.signing.ed25519))).toBe(first)
    expect(await thumbprint(Object.freeze(other.signing.ed25519))).toBe(await thumbprint(changing))
  }
})

test('the keys of a signer cannot be changed under its signatures', async () => {
  const parties = await createParties()
  for (const { keys } of [await createSigner(), signerOf(parties.air)]) {
    expect(Object.isFrozen(keys) && Object.isFrozen(keys.ed25519) && Object.isFrozen(keys.mldsa65)).toBe(true)
  }
})

test('whoever signs a statement knows it by the id that its readers find', async () => {
  const parties = await createParties()
  const { id, bytes } = await signAndIdentify(queryOf(`sha256:${'0'.repeat(64)}`), signerOf(parties.analyst))
  expect(id).toBe(parseStatement(bytes).id)
})
