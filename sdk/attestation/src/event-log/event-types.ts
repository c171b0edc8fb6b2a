import { ofIpl, ofTaggedEvent } from './boot-loader-events.ts'
import { type DigestReading, ofData, ofSomethingElse } from './digest-reading.ts'
import { ofPlatformConfig } from './platform-config.ts'
import { ofBootVariable } from './uefi-variable.ts'

interface EventType {
  readonly name: string
  readonly read: (data: Uint8Array) => DigestReading
}

/** TCG PC Client Platform Firmware Profile 1.06, table 27. A type that is not here has no rule, and is not accepted. */
const eventTypes: ReadonlyMap<number, EventType> = new Map<number, EventType>([
  [0x00000001, { name: 'EV_POST_CODE', read: ofSomethingElse }],
  [0x00000004, { name: 'EV_SEPARATOR', read: ofData }],
  [0x00000005, { name: 'EV_ACTION', read: ofData }],
  [0x00000006, { name: 'EV_EVENT_TAG', read: ofTaggedEvent }],
  [0x00000007, { name: 'EV_S_CRTM_CONTENTS', read: ofSomethingElse }],
  [0x00000008, { name: 'EV_S_CRTM_VERSION', read: ofData }],
  [0x00000009, { name: 'EV_CPU_MICROCODE', read: ofSomethingElse }],
  [0x0000000a, { name: 'EV_PLATFORM_CONFIG_FLAGS', read: ofPlatformConfig }],
  [0x0000000b, { name: 'EV_TABLE_OF_DEVICES', read: ofSomethingElse }],
  [0x0000000c, { name: 'EV_COMPACT_HASH', read: ofSomethingElse }],
  [0x0000000d, { name: 'EV_IPL', read: ofIpl }],
  [0x0000000e, { name: 'EV_IPL_PARTITION_DATA', read: ofSomethingElse }],
  [0x0000000f, { name: 'EV_NONHOST_CODE', read: ofSomethingElse }],
  [0x00000010, { name: 'EV_NONHOST_CONFIG', read: ofSomethingElse }],
  [0x00000011, { name: 'EV_NONHOST_INFO', read: ofSomethingElse }],
  [0x00000012, { name: 'EV_OMIT_BOOT_DEVICE_EVENTS', read: ofData }],
  [0x00000013, { name: 'EV_POST_CODE2', read: ofSomethingElse }],
  [0x80000001, { name: 'EV_EFI_VARIABLE_DRIVER_CONFIG', read: ofData }],
  [0x80000002, { name: 'EV_EFI_VARIABLE_BOOT', read: ofBootVariable }],
  [0x80000003, { name: 'EV_EFI_BOOT_SERVICES_APPLICATION', read: ofSomethingElse }],
  [0x80000004, { name: 'EV_EFI_BOOT_SERVICES_DRIVER', read: ofSomethingElse }],
  [0x80000005, { name: 'EV_EFI_RUNTIME_SERVICES_DRIVER', read: ofSomethingElse }],
  [0x80000006, { name: 'EV_EFI_GPT_EVENT', read: ofData }],
  [0x80000007, { name: 'EV_EFI_ACTION', read: ofData }],
  [0x80000008, { name: 'EV_EFI_PLATFORM_FIRMWARE_BLOB', read: ofSomethingElse }],
  [0x80000009, { name: 'EV_EFI_HANDOFF_TABLES', read: ofSomethingElse }],
  [0x8000000a, { name: 'EV_EFI_PLATFORM_FIRMWARE_BLOB2', read: ofSomethingElse }],
  [0x8000000b, { name: 'EV_EFI_HANDOFF_TABLES2', read: ofSomethingElse }],
  [0x8000000c, { name: 'EV_EFI_VARIABLE_BOOT2', read: ofData }],
  [0x8000000d, { name: 'EV_EFI_GPT_EVENT2', read: ofData }],
  [0x80000010, { name: 'EV_EFI_HCRTM_EVENT', read: ofSomethingElse }],
  [0x800000e0, { name: 'EV_EFI_VARIABLE_AUTHORITY', read: ofData }],
  [0x800000e1, { name: 'EV_EFI_SPDM_FIRMWARE_BLOB', read: ofSomethingElse }],
  [0x800000e2, { name: 'EV_EFI_SPDM_FIRMWARE_CONFIG', read: ofSomethingElse }],
  [0x800000e3, { name: 'EV_EFI_SPDM_DEVICE_POLICY', read: ofData }],
  [0x800000e4, { name: 'EV_EFI_SPDM_DEVICE_AUTHORITY', read: ofData }],
])

export function eventTypeName(type: number): string {
  return eventTypes.get(type)?.name ?? `0x${type.toString(16).padStart(8, '0')}`
}

/** @returns null for a type that no rule is known for */
export function digestReadingOf(event: { readonly type: number; readonly data: Uint8Array }): DigestReading | null {
  return eventTypes.get(event.type)?.read(event.data) ?? null
}
