import { isZero } from '../is-zero.ts'
import { digestLengths, maximumAlgorithms, noActionType, sha384Algorithm, specIdSignature } from './layout.ts'
import { createReader, latin1, type Reader } from './reader.ts'

/** what every version of the signature begins with */
export const specIdStart = 'Spec ID Event'

/** firmware that maps PCRs numbers this event as it would PCR 0, the others as the profile says */
const headerRegisters: readonly number[] = [0, 1]

/**
 * The first event, in the older format with one SHA-1 digest (§10.4.5.1): it says which digests the others have.
 *
 * @returns the length of the digest for each algorithm, or a sentence where it is malformed
 */
export function readSpecIdEvent(log: Reader): ReadonlyMap<number, number> | string {
  const [register, type, digest, length] = [log.u32(), log.u32(), log.take(20), log.u32()]
  const data = length === null ? null : log.take(length)
  if (register === null || type === null || digest === null || data === null) return 'it ends in its first event'
  if (type !== noActionType || !headerRegisters.includes(register) || !isZero(digest)) {
    return 'its first event is none that begins a log'
  }
  return readAlgorithms(createReader(data))
}

/** TCG_EfiSpecIDEvent */
function readAlgorithms(reader: Reader): ReadonlyMap<number, number> | string {
  const signature = reader.take(specIdSignature.length)
  if (signature === null || latin1(signature) !== specIdSignature) return 'its first event is not Spec ID Event03'
  const [platformClass, minor, major, errata, uintnSize] = [reader.u32(), reader.u8(), reader.u8(), reader.u8(), reader.u8()]
  if (platformClass === null || errata === null || major !== 2 || minor !== 0 || (uintnSize !== 1 && uintnSize !== 2)) {
    return 'its first event is of an unknown version'
  }
  const count = reader.u32()
  if (count === null || count > maximumAlgorithms) return 'its first event names too many digest algorithms'
  const algorithms = new Map<number, number>()
  for (let index = 0; index < count; index += 1) {
    const [algorithm, length] = [reader.u16(), reader.u16()]
    if (algorithm === null || length === null) return 'it ends in its first event'
    if (algorithms.has(algorithm)) return `digest algorithm 0x${algorithm.toString(16)} is named twice`
    if (digestLengths.get(algorithm) !== length) return `digest algorithm 0x${algorithm.toString(16)} is not known`
    algorithms.set(algorithm, length)
  }
  const vendorLength = reader.u8()
  if (vendorLength === null || reader.rest().length !== vendorLength) return 'its first event has a wrong length'
  return algorithms.has(sha384Algorithm) ? algorithms : 'it has no SHA-384 digests, which the RTMRs are extended with'
}
