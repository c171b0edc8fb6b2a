/**
 * A statement that is allowed and must be harmless: what it tries, and its SQL. It is executed where the hermit is among the
 * patients and where he is not: whatever is not suppressed is the same in both.
 */
export type Probe = readonly [tries: string, sql: string]
