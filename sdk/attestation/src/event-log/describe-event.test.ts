import { concatBytes } from '@reinraum/crypto'
import { describe, expect, it } from 'vitest'
import { describeEvent } from './describe-event.ts'
import { ascii, u32, wide } from './testing/write-event-log.ts'

function textOf(typeName: string, data: Uint8Array): string {
  return describeEvent({ typeName, data })
}

describe('the text about an event', () => {
  it('is what stands in its data, in ASCII or UTF-16', () => {
    expect(textOf('EV_EFI_ACTION', ascii('Exit Boot Services Invocation'))).toBe('Exit Boot Services Invocation')
    expect(textOf('EV_IPL', ascii('MokList\0'))).toBe('MokList')
    expect(textOf('EV_IPL', wide('root=/dev/dm-0\0'))).toBe('root=/dev/dm-0')
    expect(textOf('EV_EVENT_TAG', concatBytes(u32(0x4141454c), u32(5), ascii('a b c')))).toBe('tag 0x4141454c: a b c')
  })

  it('is hex where the data is no text', () => {
    expect(textOf('EV_SEPARATOR', new Uint8Array(4))).toBe('00000000')
    expect(textOf('0x12345678', Uint8Array.of(1, 2, 3))).toBe('010203')
    expect(textOf('EV_EFI_VARIABLE_BOOT', Uint8Array.of(1, 2, 3))).toBe('010203')
    expect(textOf('EV_EVENT_TAG', Uint8Array.of(1, 2, 3))).toBe('010203')
  })

  it('writes nothing to a terminal but printable characters', () => {
    const hostile = '\x1b[2J\x07\u202e'
    const variable = concatBytes(new Uint8Array(16), u32(hostile.length), u32(0), u32(0), u32(0), wide(hostile))
    for (const typeName of ['EV_EFI_VARIABLE_BOOT', 'EV_IPL', 'EV_EFI_HANDOFF_TABLES2', 'EV_EVENT_TAG', 'EV_EFI_ACTION']) {
      for (const data of [variable, ascii(`\x08${hostile}`), wide(hostile), ascii(`a\r\nb${hostile}`)]) {
        expect(textOf(typeName, data)).toMatch(/^[ -~]*$/)
      }
    }
  })

  it('has at most 200 characters, however long the data is', () => {
    const long = new Uint8Array(1_000_000).fill(0x41)
    for (const typeName of ['EV_IPL', 'EV_EFI_VARIABLE_BOOT', 'EV_EFI_HANDOFF_TABLES2', 'EV_EFI_BOOT_SERVICES_APPLICATION']) {
      expect(textOf(typeName, long).length).toBeLessThanOrEqual(200)
    }
    expect(textOf('EV_IPL', long)).toBe(`${'A'.repeat(197)}...`)
  })

  it('follows a device path only as far as it goes', () => {
    const image = (path: readonly number[]) => concatBytes(new Uint8Array(32), Uint8Array.from(path))
    for (const path of [[4, 4, 0, 0], [4, 4, 255, 255], [4, 4, 5, 0, 65], [4], []]) {
      expect(textOf('EV_EFI_BOOT_SERVICES_APPLICATION', image(path))).toMatch(/^[ -~]*$/)
    }
    expect(textOf('EV_EFI_BOOT_SERVICES_APPLICATION', image([4, 4, 8, 0, 65, 0, 0, 0]))).toBe('A')
  })
})
