import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { inflateSync } from 'node:zlib'
import { fromHex, sha512, toHex } from '@reinraum/crypto'
import { expect, test } from 'vitest'
import { createEnvelopeThreads } from './index.ts'
import { sourceOf } from './test-support/bytes.ts'

interface VectorCase {
  readonly tcId: number
  readonly result: 'valid' | 'invalid'
  readonly flags: readonly string[]
  readonly key: string
  readonly ctx: string
  readonly ct: string
  readonly msgLength?: number
  readonly msgSha512?: string
}

// Those of C2SP/wycheproof, found as `@reinraum/crypto` finds them; they are not part of the project.
const beside = resolve(import.meta.dirname, '../../../../shared/vectors')
const path = join(process.env.REINRAUM_VECTORS ?? beside, 'wycheproof/c2sp_chunked_encryption_aes_256_gcm_test.json')
const cases: readonly VectorCase[] = existsSync(path)
  ? JSON.parse(readFileSync(path, 'utf8')).testGroups.flatMap(({ tests }: { readonly tests: readonly VectorCase[] }) => tests)
  : []

test.runIf(cases.length > 0)('every vector of the format opens or is refused in threads', async () => {
  expect(cases).toHaveLength(35)
  const threads = createEnvelopeThreads({ threads: 2 })
  for (const one of cases) {
    // The file compresses the ciphertexts.
    const ciphertext = new Uint8Array(inflateSync(fromHex(one.ct)))
    const options = { key: fromHex(one.key), context: fromHex(one.ctx) }
    const code = one.flags.includes('InvalidKeySize') ? 'invalid-argument' : 'decryption-failed'
    const unsealed = async () => {
      const envelope = await threads.open(sourceOf(ciphertext), ciphertext.length, options)
      const { plaintextLength } = envelope
      const memory = new SharedArrayBuffer(plaintextLength)
      await envelope.unsealInto(memory, [{ offset: 0, length: plaintextLength }]).finally(() => envelope.close())
      return [plaintextLength, toHex(sha512(new Uint8Array(memory).slice()))]
    }
    if (one.result === 'valid') expect(await unsealed(), `case ${one.tcId}`).toEqual([one.msgLength, one.msgSha512])
    else await expect(unsealed(), `case ${one.tcId}`).rejects.toMatchObject({ name: 'ReinraumError', code })
  }
  await threads.close()
})
