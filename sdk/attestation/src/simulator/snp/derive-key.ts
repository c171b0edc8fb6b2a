import { hkdfSync } from 'node:crypto'
import { fromBase64url, fromHex, ReinraumError, utf8, zeroise } from '@reinraum/crypto'
import type { SimulatedPlatform } from './platform.ts'

const keyLength = 32

/**
 * What the firmware answers a guest that asks for a key (MSG_KEY_REQ, AMD 56860 §7.2) derived from the chip's secret with
 * the guest's measurement mixed in, for a processor that does not exist: other code or another chip gets another key. The
 * simulated chip's secret lies in a file, so the key is worth no more than that file.
 * @param guest.measurement 96 hex digits
 * @param guest.purpose what the key is for; keys of different purposes say nothing of each other
 * @returns 32 bytes, which the caller overwrites
 */
export function simulatedDerivedKey(
  platform: SimulatedPlatform,
  guest: { readonly measurement: string; readonly purpose: string },
): Uint8Array {
  const measurement = fromHex(guest.measurement)
  if (measurement.length !== 48) throw new ReinraumError('invalid-argument', 'a launch measurement has 48 bytes')
  const secret = fromBase64url(platform.keys.vcek)
  try {
    const info = utf8(`reinraum/simulated-derived-key/v1\n${guest.purpose}`)
    return new Uint8Array(hkdfSync('sha512', secret, measurement, info, keyLength))
  } finally {
    zeroise(secret)
  }
}
