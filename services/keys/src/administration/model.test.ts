import { test } from 'vitest'
import { compareWithModel } from '../testing/administration-model.ts'

test('whatever an owner does in whatever order, the key service answers as a small model of it', { timeout: 300_000 }, () =>
  compareWithModel(5),
)
