import { ReinraumError } from '@reinraum/crypto'
import { Custody } from '@reinraum/proto'

/** @throws ReinraumError `key-mismatch` */
export function custodyOf(custody: Custody): 'owner' | 'attested' {
  switch (custody) {
    case Custody.OWNER:
      return 'owner'
    case Custody.ATTESTED:
      return 'attested'
    default:
      throw new ReinraumError('key-mismatch', 'the key service does not say in which custody it runs')
  }
}
