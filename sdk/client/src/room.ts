import { z } from 'zod'

const address = z.string().regex(/^[A-Za-z0-9.-]+:[0-9]{1,5}$|^\[[0-9a-fA-F:]+\]:[0-9]{1,5}$/, 'expected host:port')

/** Where a room's services are, and the certificate authority that their TLS certificates come from. Nothing in it is secret. */
export const roomSchema = z.strictObject({
  kind: z.literal('reinraum/room/v1'),
  /** PEM */
  ca: z.string().startsWith('-----BEGIN CERTIFICATE-----'),
  governance: address,
  ingestion: address,
  release: address,
  /** key service id → address of its party port */
  keyServices: z.record(z.string(), address),
})
export type Room = z.infer<typeof roomSchema>
