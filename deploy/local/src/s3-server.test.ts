import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { runLeashed } from '../bootstrap/leash.mjs'
import { ensureS3Server } from '../bootstrap/s3-server.mjs'
import { temporaryFolder } from './testing/temporary-folder.ts'

const prepared = fileURLToPath(new URL('../../../.local/s3/s3-server', import.meta.url))

test.skipIf(!existsSync(prepared))(
  'the S3 server that was fetched runs with what was fetched beside it, and nothing of the machine',
  async () => {
    const { code, stdout } = await runLeashed(prepared, ['--help'], { timeoutMs: 60_000, env: { PATH: '/usr/bin:/bin' } })
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('--port') })
  },
)

test('an S3 server that was fetched before is taken without looking further', async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 's3-server'), '#!/bin/sh\n', { mode: 0o755 })
  expect(await ensureS3Server({ folder })).toEqual({ program: join(folder, 's3-server') })
  expect(readdirSync(folder)).toEqual(['s3-server'])
})

test('an interrupted search leaves no S3 server and no half of one', async () => {
  const folder = join(temporaryFolder(), 's3')
  mkdirSync(folder)
  const abort = new AbortController()
  await expect(ensureS3Server({ folder, say: () => abort.abort(), signal: abort.signal })).rejects.toThrow('Interrupted')
  expect(readdirSync(folder)).toEqual([])
})
