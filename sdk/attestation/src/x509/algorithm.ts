import { constants, type KeyObject, verify } from 'node:crypto'
import { Sequence } from 'asn1js'
import { type AlgorithmIdentifier, RSASSAPSSParams } from 'pkijs'

const rsassaPss = '1.2.840.113549.1.1.10'
const mgf1 = '1.2.840.113549.1.1.8'
const sha384 = '2.16.840.1.101.3.4.2.2'
/** bytes; AMD's KDS signs with the length of the hash */
export const pssSaltLength = 48

/** RSASSA-PSS with SHA-384, MGF1 over SHA-384 and a salt of 48 bytes; the VCEK's parameters leave out the trailer field. */
export function isPssSha384(algorithm: AlgorithmIdentifier): boolean {
  if (algorithm.algorithmId !== rsassaPss || !(algorithm.algorithmParams instanceof Sequence)) return false
  const params = new RSASSAPSSParams({ schema: algorithm.algorithmParams })
  const mask: unknown = params.maskGenAlgorithm.algorithmParams
  const maskHash = mask instanceof Sequence ? mask.valueBlock.value[0]?.valueBlock.toString() : undefined
  return (
    params.hashAlgorithm.algorithmId === sha384 &&
    params.maskGenAlgorithm.algorithmId === mgf1 &&
    maskHash === sha384 &&
    params.saltLength === pssSaltLength &&
    params.trailerField === 1
  )
}

/** Verifies with parameters fixed here, whatever the signed object says about itself. */
export function verifyPssSha384(key: KeyObject, signed: Uint8Array, signature: Uint8Array): boolean {
  if (key.asymmetricKeyType !== 'rsa') return false
  return verify('sha384', signed, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: pssSaltLength }, signature)
}
