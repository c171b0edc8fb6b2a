import tls from 'node:tls'

/** Nothing of ours speaks less. */
export const tlsFloor = 'TLSv1.3'

/**
 * The only key agreements, best first: ML-KEM beside a curve (draft-ietf-tls-ecdhe-mlkem), so what is recorded today stays
 * closed to a later quantum computer, and a break of ML-KEM alone opens nothing either. A peer that speaks only a curve is
 * refused: an attacker in between could make any peer look like one.
 */
export const tlsGroups = ['X25519MLKEM768', 'SecP384r1MLKEM1024', 'SecP256r1MLKEM768'] as const

// grpc-js builds its secure contexts itself and takes neither a protocol version nor groups, so the process's defaults are
// the one place where the floor can stand. Every module here that opens a socket imports this file.
tls.DEFAULT_MIN_VERSION = tlsFloor
tls.DEFAULT_ECDH_CURVE = tlsGroups.join(':')

/** Whom we believe: PEM of our certificate authority. No other root is trusted. */
export interface TlsTrust {
  readonly ca: Buffer
}

/** Who we are: PEM of our certificate chain and private key. */
export interface TlsIdentity extends TlsTrust {
  readonly cert: Buffer
  readonly key: Buffer
}
