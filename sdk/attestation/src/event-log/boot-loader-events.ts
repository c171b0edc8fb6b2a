import { type DigestReading, ofData, ofSomethingElse } from './digest-reading.ts'
import { createReader, latin1, utf16 } from './reader.ts'

/** GRUB measures the text, and logs it with one of these before and a zero byte after it (tpm.c, grub_tpm_verify_string). */
const grubPrefixes: readonly string[] = ['grub_cmd: ', 'kernel_cmdline: ', 'module_cmdline: ']

/** shim measures the content of its variables, and logs their names (mok.c, mok_state_variables). */
const shimVariables: readonly string[] = ['MokList', 'MokListX', 'MokListTrusted', 'MokSBState', 'MokDBState', 'MokPolicy']

/** systemd-stub measures the name of a section and then its content, and logs the name for both (TPM2 PCR Measurements). */
const stubSections: readonly string[] = [
  ...['.linux', '.osrel', '.cmdline', '.initrd', '.ucode', '.splash', '.dtb', '.uname', '.sbat', '.pcrpkey', '.profile'],
  ...['.dtbauto', '.hwids', '.efifw'],
]

/** archives that systemd-stub packs and measures; it logs what they are */
const stubArchives: readonly string[] = [
  'Credentials initrd',
  'Global credentials initrd',
  'System extension initrd',
  'Global system extension initrd',
  'Configuration extension initrd',
  'Global configuration extension initrd',
]

/** Longer ones are no name of anything, and need not be read as one. */
const maximumNameLength = 1024

/**
 * EV_IPL: each boot loader has its own way. A path or a known name stands for content that is not in the log; every other
 * text has to be what was measured, as systemd does with command lines.
 */
export function ofIpl(data: Uint8Array): DigestReading {
  const prefix = grubPrefixes.find((known) => latin1(data.subarray(0, known.length)) === known)
  if (prefix !== undefined && data.at(-1) === 0) {
    return { preimages: [{ rule: 'grub-string', bytes: data.subarray(prefix.length, -1) }], opaque: false }
  }
  if (data.length > maximumNameLength) return ofData(data)
  const name = latin1(data)
  if (isPath(name) || shimVariables.some((known) => name === `${known}\0`)) return ofSomethingElse()
  if (data.length % 2 !== 0) return ofData(data)
  const wideName = utf16(data)
  if (stubArchives.some((known) => wideName === `${known}\0`)) return ofSomethingElse()
  const section = stubSections.find((known) => wideName === `${known}\0`)
  if (section === undefined) return ofData(data)
  const bytes = Uint8Array.from(`${section}\0`, (character) => character.charCodeAt(0))
  return { preimages: [{ rule: 'section-name', bytes }], opaque: true }
}

/** GRUB logs a file's name, which begins with a slash or with the device in parentheses; a zero byte ends it. */
function isPath(name: string): boolean {
  return name.endsWith('\0') && /^[/(][ -~\u0080-\u00ff]*$/.test(name.slice(0, -1))
}

/** Linux measures the content, and logs a fixed text (drivers/firmware/efi/libstub). */
const linuxTags: ReadonlyMap<number, string> = new Map([
  [0x8f3b22ec, 'Linux initrd\0'],
  [0x8f3b22ed, 'LOADED_IMAGE::LoadOptions\0'],
])

/** systemd measures the content, and logs where it is from (tpm2-pcr.h): loader.conf, add-ons, the profile, SMBIOS tables. */
const systemdTags: ReadonlySet<number> = new Set([
  ...[0xf5bc582a, 0x6c46f751, 0x49dffe0f, 0xdac08e1a, 0x13aed6db],
  ...[0xd5cb7cbc, 0xe0d47bc8, 0xc0b3bd23],
])

export interface TaggedEvent {
  readonly tag: number
  readonly content: Uint8Array
}

/** TCG_PCClientTaggedEvent: tag, length, content. Null where the length does not fit exactly. */
export function parseTaggedEvent(data: Uint8Array): TaggedEvent | null {
  const reader = createReader(data)
  const [tag, length] = [reader.u32(), reader.u32()]
  return tag === null || reader.rest().length !== length ? null : { tag, content: reader.rest() }
}

/** EV_EVENT_TAG: of the whole event (as the Confidential Containers agent does it), unless the tag is known for another use. */
export function ofTaggedEvent(data: Uint8Array): DigestReading {
  const event = parseTaggedEvent(data)
  if (event === null) return ofData(data)
  const text = linuxTags.get(event.tag)
  const isLinux = text !== undefined && text.length === event.content.length && text === latin1(event.content)
  return isLinux || systemdTags.has(event.tag) ? ofSomethingElse() : ofData(data)
}
