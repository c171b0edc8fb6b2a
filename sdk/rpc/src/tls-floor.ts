import tls from 'node:tls'

/** Nothing of ours speaks less. */
export const tlsFloor = 'TLSv1.3'

// grpc-js builds its secure contexts itself and takes no protocol version, so the process's default is the one place
// where the floor can stand. Every module here that opens a socket imports this file.
tls.DEFAULT_MIN_VERSION = tlsFloor

/** Whom we believe: PEM of our certificate authority. No other root is trusted. */
export interface TlsTrust {
  readonly ca: Buffer
}

/** Who we are: PEM of our certificate chain and private key. */
export interface TlsIdentity extends TlsTrust {
  readonly cert: Buffer
  readonly key: Buffer
}
