import { expect, test } from 'vitest'
import { natsConfig } from './nats-config.ts'

const tls = { ca: '/ca.pem', cert: '/nats.pem', key: '/nats.key' }
const users = [{ nkey: 'UABC', permissions: { publish: ['reinraum.v1.*.object.committed'], subscribe: ['_INBOX_ingestion.>'] } }]
const config = JSON.parse(natsConfig({ port: 4222, tls, storeFolder: '/store', users }))

test('NATS listens on this machine only, with TLS 1.3, and offers no monitoring port', () => {
  expect(config.listen).toBe('127.0.0.1:4222')
  expect(config.tls).toMatchObject({ cert_file: '/nats.pem', key_file: '/nats.key', ca_file: '/ca.pem', min_version: '1.3' })
  expect(Object.keys(config).filter((key) => /http|monitor|cluster|gateway|leafnodes|mqtt|websocket/.test(key))).toEqual([])
})

test('the largest evidence that there can be fits into an executor’s answer', () => {
  expect(config.max_payload).toBeGreaterThanOrEqual(1024 * 1024)
})

test('each message is on the disk before it is acknowledged', () => {
  expect(config.jetstream).toMatchObject({ store_dir: '/store', sync_interval: 'always' })
})

test('there is no way in but with a key, and a key is allowed its list and nothing else', () => {
  expect(Object.keys(config.authorization).sort()).toEqual(['timeout', 'users'])
  expect(config.no_auth_user).toBeUndefined()
  expect(config.authorization.users).toEqual([
    {
      nkey: 'UABC',
      permissions: { publish: { allow: ['reinraum.v1.*.object.committed'] }, subscribe: { allow: ['_INBOX_ingestion.>'] } },
    },
  ])
})
