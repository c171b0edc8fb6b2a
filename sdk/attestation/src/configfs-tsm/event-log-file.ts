import { ReinraumError } from '@reinraum/crypto'
import { maximumContentLength } from '../event-log/layout.ts'
import type { TsmFiles } from './tsm-files.ts'

/** The area that the firmware's ACPI table CCEL names, as the kernel shows it. */
export const defaultEventLogFile = '/sys/firmware/acpi/tables/data/CCEL'

const maxAreaLength = 8 * 1024 * 1024
/** Fill that stays, so that a log whose last event ends in such bytes keeps them, and a reader finds where it ends. */
const keptFill = 4096

/**
 * The event log of the firmware and the boot loader. The area that it lies in is far larger, and its unused rest, all ones or
 * all zeros, stays here: evidence has to fit into a message.
 * @throws ReinraumError `malformed-evidence` where it does not, or where it is longer than appraisal reads,
 * and whatever `files` throws
 */
export async function readEventLogFile(files: TsmFiles, path: string): Promise<Uint8Array> {
  const log = withoutFill(await files.read(path, maxAreaLength))
  if (log.length > maximumContentLength) throw new ReinraumError('malformed-evidence', 'the event log is too long to be sent')
  return log
}

function withoutFill(area: Uint8Array): Uint8Array {
  const fill = area.at(-1)
  if (fill !== 0xff && fill !== 0) return area
  const used = area.findLastIndex((byte) => byte !== fill) + 1
  return area.subarray(0, Math.min(area.length, used + keptFill))
}
