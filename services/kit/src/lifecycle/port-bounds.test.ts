import { expect, test } from 'vitest'
import { boundsOf } from './port-bounds.ts'

const few = { burst: 5, perSecond: 0.1 }
const many = { burst: 500, perSecond: 100 }

test('a configured rate of one method leaves the rates that a service sets for others', () => {
  const { rates } = boundsOf({ rates: { perMethod: { '/a/Unseal': few, '/a/List': few } } }, { perMethod: { '/a/List': many } })
  expect(rates?.perMethod).toEqual({ '/a/Unseal': few, '/a/List': many })
})

test('what is configured counts over what a service says, and what neither says stays open', () => {
  const bounds = { limits: { maxMessageBytes: 4096, maxConcurrentStreams: 7 }, rates: { perCaller: few } }
  expect(boundsOf(bounds, { maxMessageBytes: 2048, perCaller: many })).toEqual({
    limits: { maxMessageBytes: 2048, maxConcurrentStreams: 7 },
    rates: { perCaller: many, perMethod: {} },
  })
  expect(boundsOf({})).toEqual({ limits: {}, rates: { perMethod: {} } })
})
