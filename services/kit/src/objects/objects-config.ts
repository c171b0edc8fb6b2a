import { isIP } from 'node:net'
import { z } from 'zod'

const path = z.string().min(1)

const folder = z.strictObject({ kind: z.literal('folder'), path })

const s3 = z
  .strictObject({
    kind: z.literal('s3'),
    /** the server alone: `https://s3.eu-central-1.amazonaws.com` */
    endpoint: z.url({ protocol: /^https?$/ }).max(300),
    region: z.string().regex(/^[A-Za-z0-9-]{1,63}$/),
    bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/),
    /** Everything of this service lies behind it: no other service writes there. */
    prefix: z
      .string()
      .regex(/^(?:[A-Za-z0-9_-]+\/)+$/, 'expected folders, each with / behind it')
      .max(200)
      .exactOptional(),
    /** JSON: `accessKeyId`, `secretAccessKey`, `sessionToken` where there is one; read again every few minutes */
    credentialsFile: path,
    /** `<endpoint>/<bucket>/<key>` instead of `<bucket>.<endpoint>/<key>` */
    forcePathStyle: z.boolean().default(false),
    /** authority of the endpoint's certificate (PEM), where it is not a public one */
    ca: path.exactOptional(),
    /** Without TLS beyond this machine: only for development. */
    allowPlainHttp: z.boolean().default(false),
  })
  .superRefine(({ endpoint, allowPlainHttp }, context) => {
    const problem = problemOf(endpoint, allowPlainHttp)
    if (problem !== undefined) context.addIssue({ code: 'custom', path: ['endpoint'], message: problem })
  })

/** Where a service keeps or reads ciphertext. */
export const objectsConfigSchema = z.discriminatedUnion('kind', [folder, s3])
export type ObjectsConfig = z.infer<typeof objectsConfigSchema>
export type S3Config = z.infer<typeof s3>

function problemOf(endpoint: string, allowPlainHttp: boolean): string | undefined {
  const url = URL.parse(endpoint)
  if (
    url === null ||
    url.username !== '' ||
    url.password !== '' ||
    url.pathname !== '/' ||
    url.search !== '' ||
    url.hash !== ''
  ) {
    return 'expected https://host or https://host:port'
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname) && !allowPlainHttp) return 'an object store is reached with TLS'
  return undefined
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || (isIP(host) === 4 && host.startsWith('127.'))
}
