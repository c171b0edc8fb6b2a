import {
  type Attester,
  endorsementFolder,
  measureFiles,
  openConfigfsTsm,
  simulatedAttester,
  simulatedTdxAttester,
  type TsmFiles,
} from '@reinraum/attestation'
import { listCodeFiles } from '../code-files.ts'
import type { Log } from '../log.ts'
import type { AttesterConfig } from './attester-config.ts'
import { readSimulatedPlatform } from './simulated-platform-file.ts'

/**
 * Opens what a service gets its evidence from, and fails now rather than when somebody asks.
 * @param service folder under `services/`: the code that a simulated measurement is of
 * @param files how the kernel's interface is used, unless told as node:fs does
 * @throws ReinraumError `invalid-argument` when the platform file is none; `unsupported` when this machine is no such guest;
 * `unavailable` when the endorsements cannot be read
 */
export async function openAttester(config: AttesterConfig, service: string, log: Log, files?: TsmFiles): Promise<Attester> {
  switch (config.kind) {
    case 'simulator': {
      const measurement = await measureCode(service)
      log.warn({ measurement }, 'SIMULATED hardware: this evidence proves nothing about the machine')
      return openSimulator(config.platform, measurement)
    }
    case 'configfs-tsm':
      return openKernel(config, files)
  }
}

/** The simulated measurement: SHA-384 in hex over the code of a service and of everything of ours that it imports. */
export async function measureCode(service: string): Promise<string> {
  return measureFiles(await listCodeFiles(service))
}

/** The measurement takes the place of what the machine was started with, so that changed code is refused as on hardware. */
async function openSimulator(file: string, measurement: string): Promise<Attester> {
  const platform = await readSimulatedPlatform(file)
  return platform.kind === 'reinraum/simulated-tdx-platform/v1'
    ? simulatedTdxAttester(platform, { mrtd: measurement })
    : simulatedAttester(platform, { measurement })
}

async function openKernel(
  { folder, endorsements: path, eventLog, privilegeLevel }: Extract<AttesterConfig, { kind: 'configfs-tsm' }>,
  files: TsmFiles | undefined,
): Promise<Attester> {
  const endorsements = endorsementFolder(path)
  await endorsements()
  return openConfigfsTsm({
    endorsements,
    ...(folder === undefined ? {} : { folder }),
    ...(eventLog === undefined ? {} : { eventLogFile: eventLog }),
    ...(privilegeLevel === undefined ? {} : { privilegeLevel }),
    ...(files === undefined ? {} : { files }),
  })
}
