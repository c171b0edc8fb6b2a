import { simulatedDerivedKey } from '@reinraum/attestation'
import { ReinraumError } from '@reinraum/crypto'
import type { AttesterConfig } from './attester-config.ts'
import { measureCode } from './open-attester.ts'
import { readSimulatedPlatform } from './simulated-platform-file.ts'

/**
 * A key that only this code on this machine gets: 32 bytes, derived by the TEE from the chip's secret and the measurement of
 * what runs. After an update it is another one.
 * @param service folder under `services/`: the code that a simulated measurement is of
 * @param purpose keys of different purposes say nothing of each other
 * @returns 32 bytes, which the caller overwrites
 * @throws ReinraumError `unsupported` where the hardware or the kernel's interface has no such key
 */
export async function deriveTeeKey(config: AttesterConfig, service: string, purpose: string): Promise<Uint8Array> {
  switch (config.kind) {
    case 'simulator': {
      const platform = await readSimulatedPlatform(config.platform)
      if (platform.kind === 'reinraum/simulated-tdx-platform/v1')
        throw new ReinraumError('unsupported', 'TDX derives no keys for its guests: choose another kind of root key')
      return simulatedDerivedKey(platform, { measurement: await measureCode(service), purpose })
    }
    case 'configfs-tsm':
      throw new ReinraumError(
        'unsupported',
        'configfs-tsm gives reports and no keys (SEV-SNP derives them through the ioctl of /dev/sev-guest): choose another kind of root key',
      )
  }
}
