import { type DigestReading, ofData, ofSomethingElse } from './digest-reading.ts'
import { createReader, latin1 } from './reader.ts'

/** td-shim specification, table 3.5-4: names are 16 bytes, filled up with zeros. */
const tdShimNames: readonly string[] = ['td_hob', 'td_payload_info', 'td_payload_svn', 'secure_policy_db', 'secure_authority']

/** "QEMU FW CFG" and the file's name in 56 bytes (OVMF, QemuFwCfgLib) */
const firmwareConfigLabel = 'QEMU FW CFG\0'
const firmwareConfigLength = firmwareConfigLabel.length + 56

/** EV_PLATFORM_CONFIG_FLAGS: OVMF names the table or the file that it measured, td-shim copies what it measured. */
export function ofPlatformConfig(data: Uint8Array): DigestReading {
  if (latin1(data.subarray(0, 16)) === 'ACPI DATA') return ofSomethingElse()
  const isLabelled = latin1(data.subarray(0, firmwareConfigLabel.length)) === firmwareConfigLabel
  if (isLabelled && data.length === firmwareConfigLength) return ofSomethingElse()
  const config = parseTdShimConfig(data)
  if (config === null) return ofData(data)
  return { preimages: [{ rule: 'td-shim-info', bytes: config.info }], opaque: false }
}

export interface TdShimConfig {
  readonly name: string
  readonly info: Uint8Array
}

/** TD_SHIM_PLATFORM_CONFIG_INFO: name, length, what was measured. Null where the length does not fit exactly. */
export function parseTdShimConfig(data: Uint8Array): TdShimConfig | null {
  const reader = createReader(data)
  const [padded, length] = [reader.take(16), reader.u32()]
  if (padded === null || reader.rest().length !== length) return null
  const name = tdShimNames.find((known) => known.padEnd(16, '\0') === latin1(padded))
  return name === undefined ? null : { name, info: reader.rest() }
}
