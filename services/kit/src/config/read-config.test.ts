import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readConfig } from './read-config.ts'
import { serviceConfigShape } from './service-config.ts'

const valid = {
  id: 'keys/health-agency',
  listen: { parties: '127.0.0.1:7001', services: '[::1]:7002' },
  tls: { ca: '/a', cert: '/b', key: '/c' },
  nats: { servers: 'tls://127.0.0.1:4222', seed: '/d', ca: '/a', inbox: '_INBOX_keys-health-agency' },
  data: '/e',
  log: { level: 'info' },
}

function configFile(content: unknown): string {
  const folder = mkdtempSync(join(tmpdir(), 'reinraum-config-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'config.json')
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}

test('a configuration is read from the file that --config names', () => {
  expect(readConfig(serviceConfigShape, ['--config', configFile(valid)])).toEqual(valid)
})

test('a port can be limited in what it bears, by rate and by size', () => {
  const rate = { burst: 10, perSecond: 0.5 }
  const parties = { maxMessageBytes: 4096, perCaller: rate, perMethod: { '/a.B/C': rate }, anonymous: rate }
  const limited = { ...valid, callLimits: { parties, services: {} } }
  expect(readConfig(serviceConfigShape, ['--config', configFile(limited)])).toEqual(limited)
})

test.each([
  [[]],
  [['--config']],
  [['--config', '']],
  [['--config', '/nowhere/config.json']],
  [['--other', 'x']],
  [['config.json']],
])('%j says what is wrong', (argv) => {
  expect(() => readConfig(serviceConfigShape, argv)).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
})

test.each([
  ['not JSON', '{'],
  ['an unknown setting', { ...valid, lisen: 1 }],
  ['an id that is no SPIFFE path', { ...valid, id: '../keys' }],
  ['an address without a port', { ...valid, listen: { services: 'localhost' } }],
  ['an inbox that another service could read', { ...valid, nats: { ...valid.nats, inbox: '>' } }],
  ['a rate that lets nothing through', { ...valid, callLimits: { parties: { perCaller: { burst: 0, perSecond: 1 } } } }],
  ['a message larger than any may be', { ...valid, callLimits: { services: { maxMessageBytes: 2 ** 30 } } }],
  ['a missing setting', { ...valid, tls: { ca: '/a' } }],
])('%s is refused', (_name, content) => {
  expect(() => readConfig(serviceConfigShape, ['--config', configFile(content)])).toThrow(
    expect.objectContaining({ code: 'invalid-argument' }),
  )
})
