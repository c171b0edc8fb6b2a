/** Of one struct: number of the field → value, as the parser gives it. Whoever wrote it chose what is there, and its type. */
export type Fields = Readonly<Record<`field_${number}`, unknown>>

/** Nothing of what is no struct. */
export function fieldsOf(value: unknown): Fields {
  const isStruct = typeof value === 'object' && value !== null && !(value instanceof Uint8Array) && !Array.isArray(value)
  // What the parser makes of a struct has no other keys.
  return isStruct ? (value as Fields) : {}
}

export function listOf(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined
}

/** Of any width, where it is exact. */
export function integerOf(value: unknown): number | undefined {
  const number = typeof value === 'bigint' ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined
}

export function bytesOf(value: unknown): Uint8Array | undefined {
  return value instanceof Uint8Array ? value : undefined
}

/** In lower case, as the engine compares names of columns. */
export function nameOf(value: unknown): string | undefined {
  const bytes = bytesOf(value)
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes).toLowerCase()
}
