import { tlsFloor, tlsGroups } from './tls-floor.ts'

/** What protects a connection, for an inventory of algorithms. */
export interface TlsInventory {
  /** lowest and only protocol version */
  readonly protocol: string
  /** key agreements offered and accepted, best first */
  readonly groups: readonly string[]
  /** whether every key agreement withstands a quantum computer that comes later */
  readonly postQuantumKeyAgreement: boolean
  /** how the certificates of the local authority (`@reinraum/pki`) are signed; an operator's own authority decides for itself */
  readonly certificateSignatures: readonly string[]
  /** whether forging a certificate withstands a quantum computer: matters while a handshake runs, not for what was recorded */
  readonly postQuantumCertificates: boolean
}

export const tlsInventory: TlsInventory = {
  protocol: tlsFloor,
  groups: tlsGroups,
  postQuantumKeyAgreement: tlsGroups.every((group) => group.includes('MLKEM')),
  // ML-DSA certificates (RFC 9881) are not read by every TLS library that a party may come with.
  certificateSignatures: ['ECDSA-P256-SHA256'],
  postQuantumCertificates: false,
}
