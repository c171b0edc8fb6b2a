import { ReinraumError } from '@reinraum/crypto'
import type { OpenedStatement } from '../jws.ts'
import type { Contract } from '../kinds/contract.ts'
import { assertSignedBy } from './parties.ts'

/**
 * The statement carries the two signatures of the contract's key service with this id, and no other.
 * @throws ReinraumError `unknown-member` when the contract has no such key service, `signature-invalid`, `signature-missing`
 */
export async function assertSignedByKeyService(
  opened: Pick<OpenedStatement, 'payload' | 'signatures'>,
  id: string,
  contract: Contract,
): Promise<void> {
  const known = contract.keyServices.map((service) => ({ id: service.id, signing: service.keys.signing }))
  const service = known.find((party) => party.id === id)
  if (!service) throw new ReinraumError('unknown-member', `the contract has no key service ${id}`)
  await assertSignedBy(opened, service, known)
}
