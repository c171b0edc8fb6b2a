import { ReinraumError } from '@reinraum/crypto'
import type * as Pkcs11 from 'pkcs11js'

/** The functions and constants of PKCS#11 (Cryptoki) 2.40, as pkcs11js names them. */
export type Binding = typeof Pkcs11

/**
 * Loads the binding only where a token is configured: it is native code, optional, and built apart from the packages.
 * @throws ReinraumError `unsupported` where it is not installed or not built
 */
export async function loadBinding(specifier = 'pkcs11js'): Promise<Binding> {
  try {
    const loaded: { readonly default: Binding } = await import(specifier)
    return loaded.default
  } catch (cause) {
    const message = 'the PKCS#11 binding is not built here: run `node deploy/local/bootstrap.mjs install` where a C++ compiler is'
    throw new ReinraumError('unsupported', message, { cause })
  }
}
