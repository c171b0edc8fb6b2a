import { tlsFloor } from '@reinraum/rpc'

/**
 * Key agreements of the bus. The hybrid comes first, and a server that knows it takes it; but nats-server up to 2.10 sets
 * its own list of curves, which knows no post-quantum group and cannot be configured to (`curve_preferences` refuses the
 * name), although its Go would. So this one connection also speaks X25519. The bus carries events and references: no key,
 * no row and no result, and whoever acts on an event fetches the signed statements over the ports, where nothing but
 * hybrids is spoken. Evidence goes over it too: signed, and with public keys only.
 */
export const busGroups = ['X25519MLKEM768', 'X25519'] as const

/** TLS options of every connection to NATS; `ca` is PEM. TLS 1.3 is the floor of the process, said here once more. */
export function busTls(ca: string): { readonly ca: string; readonly ecdhCurve: string; readonly minVersion: 'TLSv1.3' } {
  return { ca, ecdhCurve: busGroups.join(':'), minVersion: tlsFloor }
}
