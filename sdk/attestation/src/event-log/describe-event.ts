import { toHex } from '@reinraum/crypto'
import { parseTaggedEvent } from './boot-loader-events.ts'
import type { MeasuredEvent } from './parse-event-log.ts'
import { parseTdShimConfig } from './platform-config.ts'
import { latin1, utf16 } from './reader.ts'
import { parseUefiVariable } from './uefi-variable.ts'

const maximumTextLength = 200
/** what is read of the data, whatever its length: enough for the text */
const maximumBytes = 2 * maximumTextLength + 2

/** One line about an event's data for a person: printable ASCII only, so that a log cannot write to anybody's terminal. */
export function describeEvent({ typeName, data }: Pick<MeasuredEvent, 'typeName' | 'data'>): string {
  const text = textOf(typeName, data)
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim()
  return text.length > maximumTextLength ? `${text.slice(0, maximumTextLength - 3)}...` : text
}

function textOf(typeName: string, data: Uint8Array): string {
  switch (typeName) {
    case 'EV_EFI_VARIABLE_DRIVER_CONFIG':
    case 'EV_EFI_VARIABLE_BOOT':
    case 'EV_EFI_VARIABLE_BOOT2':
    case 'EV_EFI_VARIABLE_AUTHORITY':
      return variableText(data)
    case 'EV_EFI_BOOT_SERVICES_APPLICATION':
    case 'EV_EFI_BOOT_SERVICES_DRIVER':
    case 'EV_EFI_RUNTIME_SERVICES_DRIVER':
      return filePathOf(data.subarray(imageHeaderLength)) ?? 'an image without a file path'
    case 'EV_EFI_PLATFORM_FIRMWARE_BLOB2':
    case 'EV_EFI_HANDOFF_TABLES2':
      return latin1(data.subarray(1, 1 + (data[0] ?? 0)))
    case 'EV_EFI_GPT_EVENT':
    case 'EV_EFI_GPT_EVENT2':
      return `partition table, ${data.length} bytes`
    case 'EV_PLATFORM_CONFIG_FLAGS': {
      const config = parseTdShimConfig(data)
      return config === null ? anyText(data) : `${config.name}: ${anyText(config.info)}`
    }
    case 'EV_EVENT_TAG': {
      const event = parseTaggedEvent(data)
      return event === null ? anyText(data) : `tag 0x${event.tag.toString(16)}: ${anyText(event.content)}`
    }
    default:
      return anyText(data)
  }
}

function variableText(data: Uint8Array): string {
  const variable = parseUefiVariable(data)
  if (variable === null) return anyText(data)
  const { name, value } = variable
  return `${name} = ${value.length > 0 && value.length <= 4 ? toHex(value) : `(${value.length} bytes)`}`
}

/** Printable text, in ASCII or UTF-16, as it is; anything else in hex. */
function anyText(data: Uint8Array): string {
  const start = data.subarray(0, maximumBytes)
  const isWide = start.length >= 4 && start[0] !== 0 && start[1] === 0 && start[3] === 0
  const text = isWide ? utf16(start) : latin1(start)
  return /^[\t\n\r\x20-\x7e]+\0*$/.test(text) ? text : toHex(start.subarray(0, maximumTextLength / 2))
}

/** UEFI_IMAGE_LOAD_EVENT: address, length, link-time address, length of the device path, device path */
const imageHeaderLength = 32

/** The file path nodes (type 4, subtype 4) of a device path (UEFI 2.11 §10.3). */
function filePathOf(path: Uint8Array): string | null {
  const start = path.subarray(0, maximumBytes)
  const files: string[] = []
  for (let at = 0; at + 4 <= start.length; ) {
    const length = (start[at + 2] ?? 0) | ((start[at + 3] ?? 0) << 8)
    if (length < 4) break
    if (start[at] === 4 && start[at + 1] === 4) files.push(utf16(start.subarray(at + 4, at + length)))
    at += length
  }
  return files.length > 0 ? files.join('') : null
}
