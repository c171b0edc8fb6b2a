import { expect, test } from 'vitest'
import { objectsConfigSchema } from './objects-config.ts'

const valid = {
  kind: 's3',
  endpoint: 'https://s3.eu-central-1.amazonaws.com',
  region: 'eu-central-1',
  bucket: 'agency-ciphertext',
  prefix: 'ingestion/',
  credentialsFile: '/run/secrets/s3.json',
}
const accepts = (content: object) => objectsConfigSchema.safeParse(content).success

test('objects are kept in a folder or in a bucket', () => {
  expect(accepts({ kind: 'folder', path: '/var/lib/reinraum/objects' })).toBe(true)
  expect(objectsConfigSchema.parse(valid)).toEqual({ ...valid, forcePathStyle: false, allowPlainHttp: false })
})

test.each(['http://127.0.0.1:9000', 'http://[::1]:9000', 'http://localhost:9000', 'https://minio.internal:9000'])(
  '%s may be reached as it says',
  (endpoint) => {
    expect(accepts({ ...valid, endpoint })).toBe(true)
  },
)

test.each(['http://minio.internal:9000', 'http://128.0.0.1', 'http://127.0.0.1.example.org', 'http://localhost.example.org'])(
  'beyond this machine there is no object store without TLS: %s',
  (endpoint) => {
    expect(accepts({ ...valid, endpoint })).toBe(false)
    expect(accepts({ ...valid, endpoint, allowPlainHttp: true })).toBe(true)
  },
)

test.each([
  ['a password in the address', { endpoint: 'https://a:b@s3.example.org' }],
  ['a path in the address', { endpoint: 'https://s3.example.org/bucket' }],
  ['another protocol', { endpoint: 'file:///etc' }],
  ['a prefix that leads upwards', { prefix: '../' }],
  ['a prefix that is no folder', { prefix: 'ingestion' }],
  ['a bucket that is an address', { bucket: 'a/b' }],
  ['a secret in the configuration', { secretAccessKey: 'x' }],
])('%s is refused', (_what, change) => {
  expect(accepts({ ...valid, ...change })).toBe(false)
})
