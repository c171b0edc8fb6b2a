import { openFileRootKey } from './file-root-key.ts'
import type { RootKeyConfig } from './root-key-config.ts'
import type { RootKeySource } from './root-key-source.ts'
import { unattended } from './unattended.ts'

export function openRootKeySource(config: RootKeyConfig): RootKeySource {
  switch (config.kind) {
    case 'file':
      return {
        ...unattended,
        kind: 'file',
        warning: 'the root key is a file: for local development only, whoever reads it and the store has every data key',
        create: () => openFileRootKey(config.path, { create: true }),
        open: () => openFileRootKey(config.path, { create: false }),
      }
  }
}
