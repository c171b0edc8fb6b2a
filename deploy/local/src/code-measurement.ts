import { measureFiles } from '@reinraum/attestation'
import { listCodeFiles } from '@reinraum/kit'

/**
 * What a service's evidence says on the simulated platform: SHA-384 over the code it runs, in hex. The service computes the
 * same at its start, so code that changed since is refused.
 */
export async function measureCode(service: 'executor' | 'keys'): Promise<string> {
  return measureFiles(await listCodeFiles(service))
}
