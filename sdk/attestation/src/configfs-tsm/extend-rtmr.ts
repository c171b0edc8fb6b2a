import { join } from 'node:path'
import { ReinraumError } from '@reinraum/crypto'
import { defaultRetries, type Retries, retrying } from './retrying.ts'
import { nodeTsmFiles, type TsmFiles } from './tsm-files.ts'

/** Linux 6.16 and later (Documentation/ABI/testing/sysfs-devices-virtual-misc-tdx_guest) */
const defaultMeasurementsFolder = '/sys/devices/virtual/misc/tdx_guest/measurements'

const digestLength = 48

/**
 * Extends a run-time measurement register of this TD: RTMR ← SHA-384(RTMR ‖ digest). It cannot be taken back, and the
 * firmware's event log does not hear of it: who appraises the register has to know the digests from elsewhere.
 *
 * @param digest 48 bytes
 * @throws ReinraumError `invalid-argument`; `unsupported` where the kernel has no such register; `unavailable`
 */
export async function extendRtmr(options: {
  readonly register: 0 | 1 | 2 | 3
  readonly digest: Uint8Array
  readonly folder?: string
  readonly retries?: Retries
  readonly files?: TsmFiles
}): Promise<void> {
  const { register, digest, folder = defaultMeasurementsFolder, retries = defaultRetries, files = nodeTsmFiles } = options
  if (digest.length !== digestLength) throw new ReinraumError('invalid-argument', 'an RTMR is extended by 48 bytes')
  const taken = await retrying(() => files.write(join(folder, `rtmr${register}:sha384`), digest), retries)
  // Never written on from there: that would be a second extension, by something else.
  if (taken !== digestLength) throw new ReinraumError('unavailable', `the kernel took ${taken} bytes of ${digestLength}`)
}
