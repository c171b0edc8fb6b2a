import { defaultLimits } from '@reinraum/rpc'
import { z } from 'zod'

const address = z.string().regex(/^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\]):[0-9]{1,5}$/, 'expected host:port')
const path = z.string().min(1)

/** calls at once, and calls per second in the long run */
const rate = z.strictObject({ burst: z.number().min(1).max(1e9), perSecond: z.number().positive().max(1e9) })
/** What one port bears; what is not said here is as in `defaultRates` and `defaultLimits` of @reinraum/rpc. */
const portLimits = z.strictObject({
  /** bytes of one message */
  maxMessageBytes: z.int().min(1024).max(defaultLimits.maxMessageBytes).exactOptional(),
  perCaller: rate.exactOptional(),
  /** by method: `/package.Service/Method` */
  perMethod: z.record(z.string(), rate).exactOptional(),
  /** per address: calls without a token, refused tokens, first calls of a key; raise it behind a proxy */
  anonymous: rate.exactOptional(),
})
export type PortLimits = z.infer<typeof portLimits>

/** What every service is configured with; a service extends it. Secrets are files, named here by their paths. */
export const serviceConfigShape = z.strictObject({
  /** path of the SPIFFE URI: `governance`, `keys/health-agency` */
  id: z.string().regex(/^[a-z][a-z0-9-]{0,62}(?:\/[a-z0-9][a-z0-9-]{0,62})?$/),
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
  callLimits: z.strictObject({ parties: portLimits.exactOptional(), services: portLimits.exactOptional() }).exactOptional(),
  log: z.strictObject({ level: z.enum(['debug', 'info', 'warn', 'error']), file: path.optional() }),
})
export type ServiceConfig = z.infer<typeof serviceConfigShape>
