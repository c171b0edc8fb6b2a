import { type AttesterConfig, deriveTeeKey } from '@reinraum/kit'
import { memoryRootKey } from '../memory-root-key.ts'
import type { RootKeySource } from '../root-key-source.ts'
import { unattended } from '../unattended.ts'

/**
 * A root key that the TEE derives anew at each start, from the chip and from the code that runs, and that is stored nowhere.
 * Changed code gets another one, so the store has to go over to another root key before an update.
 */
export function teeSource(attester: AttesterConfig, keyServiceId: string): RootKeySource {
  const derive = async () => memoryRootKey('tee', await deriveTeeKey(attester, 'keys', `reinraum/root-key/v1\n${keyServiceId}`))
  return {
    ...unattended,
    kind: 'tee',
    warning: 'a SIMULATED TEE derives the root key: whoever reads its platform file and the store has every data key',
    create: derive,
    open: derive,
  }
}
