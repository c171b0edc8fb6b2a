import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import * as onNode from './index.ts'
import { nodeCrypto } from './node-crypto.ts'
import { drain, inPieces, message } from './test-support/streams.ts'

const { getBuiltinModule } = process
const options = { key: message(32, 1), context: message(32, 2) }

afterEach(() => {
  process.getBuiltinModule = getBuiltinModule
  vi.resetModules()
})

/** The package as it loads where no `node:crypto` exists. */
async function loadWithoutNodeCrypto(): Promise<typeof onNode> {
  vi.resetModules()
  process.getBuiltinModule = (() => undefined) as unknown as typeof getBuiltinModule
  const { nodeCrypto: found } = await import('./node-crypto.ts')
  expect(found).toBeUndefined()
  return await import('./index.ts')
}

test('Node uses OpenSSL', () => {
  expect(nodeCrypto).toBeDefined()
})

test('without node:crypto the package seals, opens and hashes the same bytes', async () => {
  const elsewhere = await loadWithoutNodeCrypto()
  const plaintext = message(40_000)
  expect(elsewhere.unseal(onNode.seal(plaintext, options), options)).toEqual(plaintext)
  const { bytes: sealed } = await drain(elsewhere.sealStream(inPieces(plaintext, [7_000]), options))
  expect((await drain(onNode.unsealStream([sealed], options))).bytes).toEqual(plaintext)
  const [kek, secret] = [message(32, 3), message(45)]
  expect(elsewhere.wrapKey(kek, secret)).toEqual(onNode.wrapKey(kek, secret))
  expect(elsewhere.unwrapKey(kek, onNode.wrapKey(kek, secret))).toEqual(secret)
  expect(elsewhere.sha256(plaintext)).toEqual(onNode.sha256(plaintext))
  expect(elsewhere.sha384(plaintext)).toEqual(onNode.sha384(plaintext))
  expect(elsewhere.sha512(plaintext)).toEqual(onNode.sha512(plaintext))
  const streamed = elsewhere.createSha256()
  streamed.update(plaintext.subarray(0, 100))
  streamed.update(plaintext.subarray(100))
  expect(streamed.digest()).toEqual(onNode.sha256(plaintext))
})

test('no source names a module that a browser lacks, except where its types are meant', () => {
  const sources = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && !path.startsWith('test-support'))
    .map((path) => readFileSync(join(import.meta.dirname, path), 'utf8'))
  expect(sources.length).toBeGreaterThan(15)
  for (const source of sources) expect(source.replaceAll('typeof import(', '')).not.toMatch(/(from|import|require)[ (]+['"]node:/)
})
