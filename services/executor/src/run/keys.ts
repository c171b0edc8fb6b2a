import { generateHpkeKeyPair, type HpkeSuite, randomBytes, zeroise } from '@reinraum/crypto'
import { createSigner, type Signer } from '@reinraum/statements'

/** The keys of one run. They exist in this process's memory and nowhere else, and end with the run. */
export interface RunKeys {
  readonly kem: { readonly publicKey: Uint8Array; readonly privateKey: Uint8Array }
  readonly signer: Signer
  readonly resultKey: Uint8Array
  zeroise(): void
}

/** @param suite the one in which the contract wants data keys to be released */
export async function createRunKeys(suite: HpkeSuite): Promise<RunKeys> {
  const [kem, signer] = await Promise.all([generateHpkeKeyPair(suite), createSigner()])
  const resultKey = randomBytes(32)
  return {
    kem,
    signer,
    resultKey,
    zeroise() {
      zeroise(kem.privateKey, resultKey)
      signer.zeroise()
    },
  }
}
