import { ReinraumError } from '@reinraum/crypto'
import type { RootKeySource } from './root-key-source.ts'

/** The part of a source whose key opens without anybody: there is nothing to contribute. */
export const unattended: Pick<RootKeySource, 'progress' | 'contribute' | 'forget' | 'shareOf'> = {
  progress: async () => ({ have: 0, need: 0 }),
  contribute: async () => {
    throw new ReinraumError('permission-denied', 'this root key opens without contributions')
  },
  forget: () => {},
  shareOf: async () => undefined,
}
