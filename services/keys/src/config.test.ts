import { expect, test } from 'vitest'
import { keysConfigSchema } from './config.ts'

const hardware = { kind: 'configfs-tsm', endorsements: '/endorsements' }
const inShares = { kind: 'shares', threshold: 2, holders: ['anna.json', 'ben.json'] }
const file = { kind: 'file', path: 'root.key' }
const token = { kind: 'pkcs11', module: '/operators/library.so', token: 'any', key: 'any' }

/** What the configuration of a service that shows evidence of hardware is refused for. */
function refused(changes: object): readonly string[] {
  const config = {
    id: 'keys/shared',
    listen: { parties: '127.0.0.1:0', services: '127.0.0.1:0' },
    tls: { ca: 'ca.pem', cert: 'cert.pem', key: 'key.pem' },
    nats: { servers: 'tls://127.0.0.1:1', seed: 'seed', ca: 'ca.pem', inbox: '_INBOX_keys' },
    data: 'data',
    log: { level: 'info' },
    keyServiceId: 'shared',
    custody: 'attested',
    attester: hardware,
    rootKey: inShares,
    governance: '127.0.0.1:1',
    ...changes,
  }
  return keysConfigSchema.safeParse(config).error?.issues.map(({ path }) => path.join('.')) ?? []
}

test('on hardware the root key is in shares: no file, no library of the operator, and no way back to one', () => {
  expect(refused({})).toEqual([])
  for (const rootKey of [file, token, { kind: 'tee' }]) {
    expect(refused({ rootKey })).toEqual(['rootKey'])
    expect(refused({ formerRootKey: rootKey })).toEqual(['rootKey'])
  }
  expect(refused({ rootKey: file, attester: { kind: 'simulator', platform: 'platform.json' } })).toEqual([])
  expect(refused({ rootKey: token, custody: 'owner', operator: 'agency' })).toEqual([])
})
