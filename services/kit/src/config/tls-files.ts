import { readFileSync } from 'node:fs'
import { ReinraumError } from '@reinraum/crypto'
import type { TlsIdentity } from '@reinraum/rpc'

/** @throws ReinraumError `invalid-argument` when a file cannot be read */
export function readTlsIdentity(paths: { readonly ca: string; readonly cert: string; readonly key: string }): TlsIdentity {
  return { ca: read(paths.ca), cert: read(paths.cert), key: read(paths.key) }
}

function read(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw new ReinraumError('invalid-argument', `${file} cannot be read`, { cause })
  }
}
