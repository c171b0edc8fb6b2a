import { expect, test } from 'vitest'
import { createServiceHealth } from './service-health.ts'

test('no service serves before the process has started, or after it began to stop', () => {
  const health = createServiceHealth()
  const said: string[] = []
  const setStatus = health.implementation.setStatus.bind(health.implementation)
  health.implementation.setStatus = (service, status) => {
    said.push(`${service} ${status}`)
    setStatus(service, status)
  }
  health.set('a', true)
  health.start()
  health.set('b', false)
  health.stop()
  health.set('b', true)
  health.start()
  expect(said).toEqual([
    'a NOT_SERVING',
    'a SERVING',
    ' SERVING',
    'b NOT_SERVING',
    'a NOT_SERVING',
    ' NOT_SERVING',
    'b NOT_SERVING',
    'b NOT_SERVING',
  ])
})

test('a service does not set the health of the whole process', () => {
  expect(() => createServiceHealth().set('', true)).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
})
