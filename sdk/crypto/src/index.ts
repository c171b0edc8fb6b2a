export { fromBase64url, toBase64url } from './base64url.ts'
export { concatBytes, constantTimeEqual, copySecret, fromUtf8, randomBytes, utf8, zeroise } from './bytes.ts'
export { canonicalBytes, canonicalize } from './canonical-json.ts'
export type { ChunkCipher } from './envelope/chunk-cipher.ts'
export { type ByteSource, requireBytes } from './envelope/chunker.ts'
export { defaultChunkCipher as chunkCipher } from './envelope/default-chunk-cipher.ts'
export { decryptionFailed, type EnvelopeOptions, envelopeLayout, sealedLength, unsealedLength } from './envelope/format.ts'
export { beginEnvelope, type NewEnvelope, openEnvelopeHeader } from './envelope/header.ts'
export { type MessageKeys, takeOptions as takeEnvelopeOptions } from './envelope/key-schedule.ts'
export { openRandomAccess, type RandomAccess, type ReadCiphertext } from './envelope/random-access.ts'
export { seal, sealStream } from './envelope/seal.ts'
export { unseal, unsealStream } from './envelope/unseal.ts'
export { createSha256, type DigestId, digestId, type Hash, sha256, sha384, sha512 } from './hash.ts'
export { fromHex, toHex } from './hex.ts'
export {
  generateHpkeKeyPair,
  type HpkeBinding,
  hpkeOpen,
  hpkeSeal,
  type SealedObject,
  sealedObjectSchema,
} from './hpke.ts'
export { defaultHpkeSuite, type HpkeSuite, hpkeSizes, hpkeSuiteOf, hpkeSuites } from './hpke-suite.ts'
export type { JsonValue } from './interoperable-json.ts'
export { keyCheckValue } from './key-check.ts'
export { keyWrapSuite, unwrapKey, wrapKey } from './key-wrap.ts'
export { type ErrorCode, errorCodes, isErrorCode, isReinraumError, ReinraumError } from './reinraum-error.ts'
export {
  generateRsaAesKeyPair,
  isRsa4096PublicKey,
  rsa4096PublicKeyLength,
  rsaAesKeyWrap,
  rsaAesUnwrap,
  rsaAesWrap,
} from './rsa-aes-key-wrap.ts'
export { defaultRecordSuite, openRecord, type RecordSuite, recordSuiteOf, recordSuites, sealRecord } from './sealed-record.ts'
export { type CombinedSecret, combineShares, maximumShares, shareOverhead, splitSecret } from './secret-sharing.ts'
export { parseStrictJson, type StrictJsonLimits } from './strict-json.ts'
