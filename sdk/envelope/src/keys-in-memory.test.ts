import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { envelopeLayout, openEnvelopeHeader, randomBytes, seal, toHex } from '@reinraum/crypto'
import { expect, test, vi } from 'vitest'
import { message } from './test-support/bytes.ts'

const program = fileURLToPath(new URL('./test-support/hold-keys.ts', import.meta.url))

/** Whether the bytes stand anywhere in the memory that a process can write to. */
function holds(pid: number, needle: Uint8Array): boolean {
  const memory = openSync(`/proc/${pid}/mem`, 'r')
  const block = Buffer.alloc(1 << 20)
  try {
    for (const [, from = '', to = ''] of readFileSync(`/proc/${pid}/maps`, 'utf8').matchAll(/^(\w+)-(\w+) rw/gm)) {
      const end = Number.parseInt(to, 16)
      // A key may lie across the end of a block.
      for (let at = Number.parseInt(from, 16); at < end; at += block.length - needle.length) {
        const read = readSync(memory, block, 0, Math.min(block.length, end - at), at)
        if (block.subarray(0, read).indexOf(needle) >= 0) return true
      }
    }
    return false
  } finally {
    closeSync(memory)
  }
}

async function state(child: ChildProcessWithoutNullStreams): Promise<string> {
  const [text] = await once(child.stdout, 'data')
  return String(text).trim()
}

test.runIf(process.platform === 'linux')(
  'no key of an envelope is in memory for long once it is closed',
  { timeout: 40_000 },
  async () => {
    const folder = mkdtempSync('/dev/shm/reinraum-envelope-')
    const options = { key: randomBytes(32), context: randomBytes(16) }
    const sealed = seal(message(100 * envelopeLayout.chunkLength), options)
    writeFileSync(join(folder, 'sealed'), sealed)
    const { key } = openEnvelopeHeader(sealed.subarray(0, envelopeLayout.headerLength), options)
    const argv = ['--expose-gc', '--conditions=source', '--disable-warning=ExperimentalWarning', program]
    const child = spawn(process.execPath, [...argv, join(folder, 'sealed'), toHex(options.key), toHex(options.context)])
    const pid = child.pid ?? expect.fail('no process')
    try {
      expect(await state(child)).toBe('open')
      expect(holds(pid, key)).toBe(true)
      child.stdin.write('close')
      expect(await state(child)).toBe('closed')
      await vi.waitFor(() => expect(holds(pid, key)).toBe(false), { timeout: 20_000, interval: 500 })
    } finally {
      child.kill('SIGKILL')
      rmSync(folder, { recursive: true })
    }
  },
)
