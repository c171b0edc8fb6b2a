import { generateHpkeKeyPair, randomBytes, zeroise } from '@reinraum/crypto'
import { createSigner, type Signer } from '@reinraum/statements'

/** The keys of one run. They exist in this process's memory and nowhere else, and end with the run. */
export interface RunKeys {
  readonly kem: { readonly publicKey: Uint8Array; readonly privateKey: Uint8Array }
  readonly signer: Signer
  readonly resultKey: Uint8Array
  zeroise(): void
}

export async function createRunKeys(): Promise<RunKeys> {
  const [kem, signer] = await Promise.all([generateHpkeKeyPair(), createSigner()])
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
