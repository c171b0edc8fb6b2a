import { fromUtf8 } from '@reinraum/crypto'
import type { ParsedCertificate } from '../x509/certificate.ts'
import type { SnpProduct } from './roots.ts'
import type { Tcb } from './tcb.ts'

const base = '1.3.6.1.4.1.3704.1.'
/** AMD 57230 (VCEK) and 57231 (VLEK), table of extensions. Compared whole: `…1.3.1` is no prefix of anything. */
export const vekOids = {
  structVersion: `${base}1`,
  product: `${base}2`,
  bootloader: `${base}3.1`,
  tee: `${base}3.2`,
  snp: `${base}3.3`,
  microcode: `${base}3.8`,
  fmc: `${base}3.9`,
  hwid: `${base}4`,
  cspId: `${base}5`,
} as const

/** The product name without its stepping: `Milan-B0` is Milan. */
export function readProduct(vek: ParsedCertificate): string | null {
  return readIa5(vek.extensions.get(vekOids.product))?.split('-')[0] ?? null
}

export function readCspId(vek: ParsedCertificate): string | null {
  return readIa5(vek.extensions.get(vekOids.cspId))
}

/**
 * The chip that a VCEK belongs to: 64 raw bytes, 8 on Turin. Some issuers wrap them in an OCTET STRING; only the length
 * tells which, because a raw id may begin with any byte.
 */
export function readHwid(vek: ParsedCertificate, product: SnpProduct): Uint8Array | null {
  const value = vek.extensions.get(vekOids.hwid)
  if (value === undefined) return null
  const length = product === 'Turin' ? 8 : 64
  if (value.length === length) return value
  return value.length === length + 2 && value[0] === 0x04 && value[1] === length ? value.subarray(2) : null
}

/** The patch levels that the key was derived for; null where one is missing or is no byte. */
export function readTcb(vek: ParsedCertificate, product: SnpProduct): Tcb | null {
  const spl = (name: keyof Tcb) => readByte(vek.extensions.get(vekOids[name]))
  const [bootloader, tee, snp, microcode] = [spl('bootloader'), spl('tee'), spl('snp'), spl('microcode')]
  const fmc = product === 'Turin' ? spl('fmc') : 0
  if (bootloader === null || tee === null || snp === null || microcode === null || fmc === null) return null
  return { bootloader, tee, snp, microcode, fmc }
}

/** DER INTEGER, 0 to 255. */
function readByte(der: Uint8Array | undefined): number | null {
  if (der?.[0] !== 0x02) return null
  const [, length, first = 0, second = 0] = der
  if (der.length === 3 && length === 1 && first < 0x80) return first
  return der.length === 4 && length === 2 && first === 0 && second >= 0x80 ? second : null
}

/** DER IA5String with a short length. */
function readIa5(der: Uint8Array | undefined): string | null {
  if (der?.[0] !== 0x16 || der[1] !== der.length - 2 || der.length > 129) return null
  const text = der.subarray(2)
  return text.every((byte) => byte >= 0x20 && byte < 0x7f) ? fromUtf8(text) : null
}
