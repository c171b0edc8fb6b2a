import type { GuardReason } from '../../reasons.ts'

/** A statement that must be refused: what it tries, with which code it is refused, and its SQL. */
export type Attack = readonly [tries: string, code: GuardReason, sql: string]
