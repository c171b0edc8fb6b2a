import { expect, test } from 'vitest'
import { configSchema } from '../config.ts'
import { keptCiphertext } from './ciphertext-source.ts'

test('a folder of objects is left to those who unseal, and no id leads out of it', async () => {
  const open = await keptCiphertext({ kind: 'folder', path: '/data/objects' })
  expect(open(`sha256:${'a'.repeat(64)}`)).toEqual({ file: `/data/objects/objects/${'a'.repeat(64)}` })
  for (const id of ['', '../../etc/passwd', `sha256:${'a'.repeat(63)}/`, `sha256:${'A'.repeat(64)}`]) {
    expect(() => open(id)).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
  }
})

test('ciphertext comes through the ingestion service unless told', () => {
  const { ciphertext } = configSchema.shape
  expect(ciphertext.parse(undefined)).toEqual({ kind: 'ingestion' })
  expect(ciphertext.parse({ kind: 'folder', path: '/data/objects' })).toEqual({ kind: 'folder', path: '/data/objects' })
  expect(ciphertext.safeParse({ kind: 's3', endpoint: 'http://store.example.org' }).success).toBe(false)
})
