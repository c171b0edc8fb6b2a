/** Any JSON value, deeply read-only. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [name: string]: JsonValue }

/** Containers nested deeper than this are refused, in both directions, unless a caller allows more. */
export const defaultMaxDepth = 64

/**
 * RFC 7493 §2.2: a whole number that a double cannot hold exactly means different things to different readers, and a
 * statement must mean one thing to all of them. Holds whichever way the number was written.
 */
export function isInteroperableNumber(value: number): boolean {
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))
}

/** RFC 7493 §2.1: neither lone surrogates nor noncharacters. Both lie above U+D7FF, where few texts ever go. */
export function isInteroperableString(value: string): boolean {
  return !/[\ud800-\uffff]/.test(value) || (value.isWellFormed() && !/\p{Noncharacter_Code_Point}/u.test(value))
}

/** As `isInteroperableString`; `__proto__` is refused too, since one careless assignment would turn it into code. */
export function isInteroperableName(name: string): boolean {
  return name !== '__proto__' && isInteroperableString(name)
}
