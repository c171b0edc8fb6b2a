import { canonicalBytes, digestId, utf8 } from '@reinraum/crypto'
import type { ManifestCore } from './kinds/manifest.ts'

/**
 * The envelope context of a sealed dataset: the id of the manifest's core, as UTF-8. Takes a whole manifest too, and looks
 * at its core only.
 */
export function manifestCoreContext(core: ManifestCore): Uint8Array {
  const { contract, slot, version, schema } = core
  return utf8(digestId(canonicalBytes({ contract, slot, version, schema })))
}
