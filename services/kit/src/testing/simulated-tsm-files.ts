import { basename } from 'node:path'
import type { Attester, TsmFiles } from '@reinraum/attestation'

/**
 * Stands in for the kernel of an SEV-SNP guest: one entry at a time, nothing but what an attester needs when all is well.
 * How a kernel can misbehave is tested beside the attester.
 */
export function simulatedTsmFiles(processor: Attester): TsmFiles {
  let inblob = new Uint8Array()
  let generation = 0
  const outblob = async () => {
    const { evidence } = await processor.getEvidence(inblob)
    return evidence.tee === 'snp' ? evidence.report : evidence.quote
  }
  return {
    async mkdir() {},
    async rmdir() {},
    async write(path, bytes) {
      if (basename(path) === 'inblob') inblob = Uint8Array.from(bytes)
      generation += 1
      return bytes.length
    },
    async read(path) {
      switch (basename(path)) {
        case 'provider':
          return Buffer.from('sev_guest\n')
        case 'generation':
          return Buffer.from(`${generation}\n`)
        case 'outblob':
          return outblob()
        case 'auxblob':
          return new Uint8Array()
        default:
          throw Object.assign(new Error('no such attribute'), { code: 'ENOENT' })
      }
    },
  }
}
