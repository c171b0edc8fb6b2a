import { toHex } from '@reinraum/crypto'
import { type DigestReading, ofData } from './digest-reading.ts'
import { createReader, utf16 } from './reader.ts'

export interface UefiVariable {
  readonly vendor: Uint8Array
  readonly name: string
  readonly value: Uint8Array
}

/** Names are short; what is longer is no variable's. */
const maximumNameLength = 512

/** EFI_GLOBAL_VARIABLE 8be4df61-93ca-11d2-aa0d-00e098032b8c, as it stands in memory: where boot options are kept (UEFI §3.3). */
const globalVariables = '61dfe48bca93d211aa0d00e098032b8c'

/** UEFI_VARIABLE_DATA (§10.2.6): vendor, two lengths, name in UTF-16, value. Null where the lengths do not fit exactly. */
export function parseUefiVariable(data: Uint8Array): UefiVariable | null {
  const reader = createReader(data)
  const vendor = reader.take(16)
  const [nameLength, nameHigh, valueLength, valueHigh] = [reader.u32(), reader.u32(), reader.u32(), reader.u32()]
  if (vendor === null || nameLength === null || valueLength === null || nameHigh !== 0 || valueHigh !== 0) return null
  if (nameLength > maximumNameLength) return null
  const name = reader.take(2 * nameLength)
  const value = reader.rest()
  if (name === null || value.length !== valueLength) return null
  return { vendor, name: utf16(name), value }
}

/**
 * EV_EFI_VARIABLE_BOOT: the profile once left open what is hashed, and EDK II hashes the value alone
 * (MeasureVariable in SecurityPkg Tcg2Dxe and OvmfPkg TdTcg2Dxe), others the whole structure.
 */
export function ofBootVariable(data: Uint8Array): DigestReading {
  const variable = parseUefiVariable(data)
  if (variable === null || !isBootOption(variable)) return ofData(data)
  return { preimages: [...ofData(data).preimages, { rule: 'variable-data', bytes: variable.value }], opaque: false }
}

/** As little as possible is left to what the digest does not cover. */
function isBootOption({ vendor, name }: UefiVariable): boolean {
  return toHex(vendor) === globalVariables && /^Boot(?:Order|Next|[0-9A-F]{4})$/.test(name)
}
