import { ReinraumError } from '@reinraum/crypto'
import type { AttesterConfig } from '@reinraum/kit'
import { readNamedParties } from '../named-parties.ts'
import { hasServiceIdentity } from '../service-identity.ts'
import type { Site } from '../vault.ts'
import { openFileRootKey } from './file-root-key.ts'
import { pkcs11Source } from './pkcs11/pkcs11-source.ts'
import type { RootKeyConfig } from './root-key-config.ts'
import type { RootKeySource, RootKeySources } from './root-key-source.ts'
import { sharesSource } from './shares/shares-source.ts'
import { teeSource } from './tee/tee-source.ts'
import { unattended } from './unattended.ts'

/** What a source needs of the service whose root key it is. */
interface Place extends Pick<Site, 'id' | 'administrators' | 'store'> {
  /** whether the store is to get a backup: a root key that is missing is not made then */
  readonly restores: boolean
}

/** The part of a configuration that says where root keys come from. */
interface Named {
  readonly rootKey: RootKeyConfig
  readonly formerRootKey?: RootKeyConfig | undefined
  readonly attester?: AttesterConfig | undefined
}

/** @throws ReinraumError `invalid-argument` for holders who cannot be read or do not fit */
export async function openRootKeySources({ rootKey, formerRootKey, attester }: Named, site: Place): Promise<RootKeySources> {
  return {
    configured: await openRootKeySource(rootKey, attester, site),
    former: formerRootKey === undefined ? undefined : await openRootKeySource(formerRootKey, attester, site),
  }
}

async function openRootKeySource(
  config: RootKeyConfig,
  attester: AttesterConfig | undefined,
  site: Place,
): Promise<RootKeySource> {
  switch (config.kind) {
    case 'file':
      return {
        ...unattended,
        kind: 'file',
        warning: 'the root key is a file: for local development only, whoever reads it and the store has every data key',
        create: () => openFileRootKey(config.path, { create: true }),
        open: () => openFileRootKey(config.path, { create: false }),
      }
    case 'pkcs11':
      return pkcs11Source(config, site.administrators, async () => !site.restores && !(await hasServiceIdentity(site.store)))
    case 'shares': {
      const holders = await readNamedParties(config.holders)
      return sharesSource({ keyServiceId: site.id, holders, threshold: config.threshold }, site.store)
    }
    case 'tee':
      if (attester === undefined) throw new ReinraumError('invalid-argument', 'a root key of the TEE needs an attester')
      return teeSource(attester, site.id)
  }
}
