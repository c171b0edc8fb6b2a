import { test } from 'vitest'
import { killWhileErasing } from '../testing/killed-while-erasing.ts'

test('kill -9 while keys are rewrapped and erased leaves each of them as before or as after', { timeout: 300_000 }, () =>
  killWhileErasing(2, 1),
)
