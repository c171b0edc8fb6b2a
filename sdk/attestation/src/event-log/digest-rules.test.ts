import { concatBytes, fromHex, sha384 } from '@reinraum/crypto'
import { describe, expect, it } from 'vitest'
import { appraiseEventLog } from './appraise-event-log.ts'
import { replay } from './replay.ts'
import { ascii, u32, wide, writeEventLog } from './testing/write-event-log.ts'

/** What becomes of one event: the rule that verified it, `opaque`, or `refused`. */
function verdictOn(type: number, data: Uint8Array, digest: Uint8Array): string {
  const appraisal = appraiseEventLog(writeEventLog([{ register: 0, type, data, digest }]), replay([{ register: 0, digest }]))
  if (!appraisal.ok) return appraisal.reason === 'event-digest-mismatch' ? 'refused' : appraisal.reason
  return appraisal.list[0]?.rule ?? 'opaque'
}

const unrelated = sha384(ascii('something that is not in the log'))

const ofTheirData: readonly (readonly [string, number])[] = [
  ['EV_SEPARATOR', 0x4],
  ['EV_ACTION', 0x5],
  ['EV_S_CRTM_VERSION', 0x8],
  ['EV_OMIT_BOOT_DEVICE_EVENTS', 0x12],
  ['EV_EFI_VARIABLE_DRIVER_CONFIG', 0x80000001],
  ['EV_EFI_VARIABLE_BOOT', 0x80000002],
  ['EV_EFI_GPT_EVENT', 0x80000006],
  ['EV_EFI_ACTION', 0x80000007],
  ['EV_EFI_VARIABLE_BOOT2', 0x8000000c],
  ['EV_EFI_GPT_EVENT2', 0x8000000d],
  ['EV_EFI_VARIABLE_AUTHORITY', 0x800000e0],
  ['EV_EFI_SPDM_DEVICE_POLICY', 0x800000e3],
  ['EV_EFI_SPDM_DEVICE_AUTHORITY', 0x800000e4],
  ['EV_EVENT_TAG', 0x6],
  ['EV_PLATFORM_CONFIG_FLAGS', 0xa],
  ['EV_IPL', 0xd],
]

const ofSomethingElse: readonly (readonly [string, number])[] = [
  ['EV_POST_CODE', 0x1],
  ['EV_S_CRTM_CONTENTS', 0x7],
  ['EV_CPU_MICROCODE', 0x9],
  ['EV_EFI_BOOT_SERVICES_APPLICATION', 0x80000003],
  ['EV_EFI_BOOT_SERVICES_DRIVER', 0x80000004],
  ['EV_EFI_RUNTIME_SERVICES_DRIVER', 0x80000005],
  ['EV_EFI_PLATFORM_FIRMWARE_BLOB', 0x80000008],
  ['EV_EFI_HANDOFF_TABLES', 0x80000009],
  ['EV_EFI_PLATFORM_FIRMWARE_BLOB2', 0x8000000a],
  ['EV_EFI_HANDOFF_TABLES2', 0x8000000b],
]

describe('the digest', () => {
  it.each(ofTheirData)('of %s is that of its data', (_name, type) => {
    const data = ascii('whatever stands here')
    expect(verdictOn(type, data, sha384(data))).toBe('event-data')
    expect(verdictOn(type, data, unrelated)).toBe('refused')
  })

  it.each(ofSomethingElse)('of %s is of something that is not in the log', (_name, type) => {
    expect(verdictOn(type, ascii('whatever stands here'), unrelated)).toBe('opaque')
  })
})

describe('the digest of a boot variable', () => {
  const global = fromHex('61dfe48bca93d211aa0d00e098032b8c')
  const value = ascii('a boot option')
  const variable = (name: string, vendor = global) =>
    concatBytes(vendor, u32(name.length), u32(0), u32(value.length), u32(0), wide(name), value)

  it('may be that of its value alone, as EDK II has it', () => {
    for (const name of ['BootOrder', 'BootNext', 'Boot0000', 'Boot00AF']) {
      expect(verdictOn(0x80000002, variable(name), sha384(value))).toBe('variable-data')
      expect(verdictOn(0x80000002, variable(name), sha384(variable(name)))).toBe('event-data')
    }
  })

  it('is not of the value alone for a variable that is no boot option, or that is of another type', () => {
    for (const name of ['SecureBoot', 'Boot', 'Boot00af', 'Boot00000']) {
      expect(verdictOn(0x80000002, variable(name), sha384(value))).toBe('refused')
    }
    expect(verdictOn(0x80000002, variable('Boot0000', global.with(0, 0)), sha384(value))).toBe('refused')
    for (const type of [0x80000001, 0x8000000c, 0x800000e0]) {
      expect(verdictOn(type, variable('Boot0000'), sha384(value))).toBe('refused')
    }
  })

  it('is not of a part of the value: its length has to be exact', () => {
    const longer = concatBytes(variable('Boot0000'), Uint8Array.of(0))
    expect(verdictOn(0x80000002, longer, sha384(value))).toBe('refused')
    expect(verdictOn(0x80000002, variable('Boot0000').with(24, value.length - 1), sha384(value))).toBe('refused')
    expect(verdictOn(0x80000002, variable('Boot0000').with(28, 1), sha384(value))).toBe('refused')
    expect(verdictOn(0x80000002, variable('Boot0000').with(20, 1), sha384(value))).toBe('refused')
  })
})

describe('the digest of what a boot loader does', () => {
  it('is that of the text behind the prefix of GRUB, up to the zero byte', () => {
    for (const prefix of ['grub_cmd: ', 'kernel_cmdline: ', 'module_cmdline: ']) {
      const digest = sha384(ascii('linux /vmlinuz ro'))
      expect(verdictOn(0xd, ascii(`${prefix}linux /vmlinuz ro\0`), digest)).toBe('grub-string')
      expect(verdictOn(0xd, ascii(`${prefix}linux /vmlinuz rw\0`), digest)).toBe('refused')
      expect(verdictOn(0xd, ascii(`${prefix}linux /vmlinuz ro`), digest)).toBe('refused')
    }
    expect(verdictOn(0xd, ascii('other_cmd: linux\0'), sha384(ascii('linux')))).toBe('refused')
  })

  it('is of the content of a file, or of a variable of shim, that only its name stands for', () => {
    for (const name of ['/boot/grub/grub.cfg', '(hd0,gpt2)/vmlinuz', 'MokList', 'MokListX', 'MokListTrusted']) {
      expect(verdictOn(0xd, ascii(`${name}\0`), unrelated)).toBe('opaque')
      expect(verdictOn(0xd, ascii(name), unrelated)).toBe('refused')
    }
    for (const name of ['grub.cfg', 'MokListY', '', '/boot\0/grub', '/boot\n/grub']) {
      expect(verdictOn(0xd, ascii(`${name}\0`), unrelated)).toBe('refused')
    }
  })

  it('is of a command line in UTF-16, as systemd logs it', () => {
    const data = wide('root=/dev/dm-0 ro\0')
    expect(verdictOn(0xd, data, sha384(data))).toBe('event-data')
    expect(verdictOn(0xd, data, unrelated)).toBe('refused')
  })

  it("is of a section's name in ASCII, or of its content, under one and the same name (systemd-stub)", () => {
    expect(verdictOn(0xd, wide('.linux\0'), sha384(ascii('.linux\0')))).toBe('section-name')
    expect(verdictOn(0xd, wide('.linux\0'), unrelated)).toBe('opaque')
    expect(verdictOn(0xd, wide('.other\0'), sha384(ascii('.other\0')))).toBe('refused')
    expect(verdictOn(0xd, wide('Credentials initrd\0'), unrelated)).toBe('opaque')
    expect(verdictOn(0xd, concatBytes(wide('.linux\0'), Uint8Array.of(0)), unrelated)).toBe('refused')
  })
})

describe('the digest of a tagged event', () => {
  const tagged = (tag: number, text: string) => concatBytes(u32(tag), u32(text.length), ascii(text))

  it('is of what Linux loaded where the log has the text of Linux', () => {
    expect(verdictOn(0x6, tagged(0x8f3b22ec, 'Linux initrd\0'), unrelated)).toBe('opaque')
    expect(verdictOn(0x6, tagged(0x8f3b22ed, 'LOADED_IMAGE::LoadOptions\0'), unrelated)).toBe('opaque')
    expect(verdictOn(0x6, tagged(0x8f3b22ed, 'Linux initrd\0'), unrelated)).toBe('refused')
    expect(verdictOn(0x6, tagged(0x8f3b22ec, 'Linux initrd'), unrelated)).toBe('refused')
  })

  it('is of what systemd read', () => {
    expect(verdictOn(0x6, tagged(0xf5bc582a, 'l\0o\0a\0d\0e\0r\0'), unrelated)).toBe('opaque')
  })

  it('is of the whole event for the agent of Confidential Containers, and for everyone else', () => {
    const event = tagged(0x4141454c, 'domain operation content')
    expect(verdictOn(0x6, event, sha384(event))).toBe('event-data')
    expect(verdictOn(0x6, event, sha384(event.subarray(8)))).toBe('refused')
    expect(verdictOn(0x6, event, unrelated)).toBe('refused')
  })

  it('is of nothing else where its length is not exact', () => {
    expect(verdictOn(0x6, concatBytes(tagged(0xf5bc582a, 'x'), Uint8Array.of(0)), unrelated)).toBe('refused')
  })
})

describe("the digest of the platform's configuration", () => {
  const shim = (name: string, info: Uint8Array) => concatBytes(ascii(name.padEnd(16, '\0')), u32(info.length), info)

  it('is of ACPI tables, or of a file of QEMU, that OVMF names', () => {
    expect(verdictOn(0xa, ascii('ACPI DATA'), unrelated)).toBe('opaque')
    expect(verdictOn(0xa, ascii('ACPI DATB'), unrelated)).toBe('refused')
    expect(verdictOn(0xa, ascii(`QEMU FW CFG\0${'bootorder'.padEnd(56, '\0')}`), unrelated)).toBe('opaque')
    expect(verdictOn(0xa, ascii(`QEMU FW CFG\0${'bootorder'.padEnd(55, '\0')}`), unrelated)).toBe('refused')
  })

  it('is of what td-shim copied into the log', () => {
    const info = ascii('root=/dev/vda1')
    expect(verdictOn(0xa, shim('td_payload_info', info), sha384(info))).toBe('td-shim-info')
    expect(verdictOn(0xa, shim('td_payload_info', info), unrelated)).toBe('refused')
    expect(verdictOn(0xa, shim('td_payload_other', info), sha384(info))).toBe('refused')
    expect(verdictOn(0xa, concatBytes(shim('td_hob', info), Uint8Array.of(0)), sha384(info))).toBe('refused')
  })
})
