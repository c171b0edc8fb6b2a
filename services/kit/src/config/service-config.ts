import { z } from 'zod'

const address = z.string().regex(/^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\]):[0-9]{1,5}$/, 'expected host:port')
const path = z.string().min(1)

/** What every service is configured with; a service extends it. Secrets are files, named here by their paths. */
export const serviceConfigShape = z.strictObject({
  /** path of the SPIFFE URI: `governance`, `keys/health-agency` */
  id: z.string().regex(/^[a-z][a-z0-9-]{0,62}(?:\/[a-z][a-z0-9-]{0,62})?$/),
  listen: z.strictObject({ parties: address.optional(), services: address }),
  tls: z.strictObject({ ca: path, cert: path, key: path }),
  nats: z.strictObject({
    servers: z.string().min(1),
    /** file with the NKEY seed */
    seed: path,
    ca: path,
    inbox: z.string().regex(/^_INBOX_[a-z0-9-]+$/, 'expected _INBOX_<service>'),
  }),
  /** folder of the service's own */
  data: path,
  log: z.strictObject({ level: z.enum(['debug', 'info', 'warn', 'error']), file: path.optional() }),
})
export type ServiceConfig = z.infer<typeof serviceConfigShape>
