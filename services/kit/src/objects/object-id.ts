import { ReinraumError } from '@reinraum/crypto'

/** Ids become names of files and keys, so only this one form passes: no separators, no dots, nothing that a file system folds. */
export function objectHex(id: string): string {
  const hex = /^sha256:([0-9a-f]{64})$/.exec(id)?.[1]
  if (hex === undefined) throw new ReinraumError('invalid-argument', 'an object id is sha256:<64 hex digits>')
  return hex
}
