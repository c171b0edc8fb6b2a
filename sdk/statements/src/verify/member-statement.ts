import { ReinraumError } from '@reinraum/crypto'
import type { DocumentOf, Kind } from '../document.ts'
import { openStatement } from '../jws.ts'
import type { Member, Role } from '../kinds/contract.ts'
import { requireRole } from '../members.ts'
import { expectKind, type OpenedAs, type VerifiedContract } from '../verified.ts'
import { membersAsParties } from './contract.ts'
import { assertSignedBy } from './parties.ts'

/** The kinds that one member signs, under one contract. */
export type MemberKind = Kind &
  {
    [K in Kind]: DocumentOf<K> extends { readonly by: string; readonly contract: string } ? K : never
  }[Kind]

/**
 * Opens a statement that one member signs: of an expected kind, of this contract, with both signatures of the member that
 * it names, and of nobody else. Throws `contract-mismatch`, `unknown-member`, `signature-invalid`, `signature-missing`.
 */
export async function openMemberStatement<K extends MemberKind>(
  bytes: Uint8Array,
  contract: VerifiedContract,
  ...expected: readonly K[]
): Promise<{ readonly opened: OpenedAs<K>; readonly member: Member }> {
  const opened = expectKind(openStatement(bytes), ...expected)
  const { by, contract: contractId } = opened.document as DocumentOf<MemberKind>
  if (contractId !== contract.id) throw new ReinraumError('contract-mismatch', 'the statement belongs to another contract')
  const member = contract.document.members.find((m) => m.id === by)
  if (!member) throw new ReinraumError('unknown-member', `${by} is no member of the contract`)
  await assertSignedBy(opened, { id: member.id, signing: member.keys.signing }, membersAsParties(contract.document))
  return { opened, member }
}

/** As `openMemberStatement`, by a member with the role. */
export async function openStatementOf<K extends MemberKind>(
  role: Role,
  bytes: Uint8Array,
  contract: VerifiedContract,
  ...expected: readonly K[]
): Promise<OpenedAs<K>> {
  const { opened, member } = await openMemberStatement(bytes, contract, ...expected)
  requireRole(member, role)
  return opened
}
