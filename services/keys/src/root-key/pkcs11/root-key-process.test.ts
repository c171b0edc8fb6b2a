import { type ChildProcess, spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { randomBytes, toHex } from '@reinraum/crypto'
import { describe, expect, onTestFinished, test } from 'vitest'
import { hasSoftHsm, softHsmModule } from '../../testing/softhsm.ts'
import { secretKeyLabels } from '../../testing/token-keys.ts'
import { tokenPin, useTokenRoom } from '../../testing/token-room.ts'

const program = fileURLToPath(new URL('../../testing/root-key-process.ts', import.meta.url))

interface RootKeyProcess {
  readonly child: ChildProcess
  /** its next line */
  readonly hears: () => Promise<string>
  readonly ask: (line: string) => Promise<string>
}

describe.skipIf(!hasSoftHsm)('a process with a root key in a token', () => {
  const { tokens } = useTokenRoom()

  async function start(mode: 'create' | 'open', environment: NodeJS.ProcessEnv = {}): Promise<RootKeyProcess> {
    const pinFile = join(tokens().folder, 'pin')
    await writeFile(pinFile, tokenPin, { mode: 0o600 })
    const options = ['--conditions=source', '--disable-warning=ExperimentalWarning']
    const child = spawn(process.execPath, [...options, program, softHsmModule, 'agency', 'root', pinFile, mode], {
      env: { ...process.env, ...tokens().environment, ...environment },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    // Who is killed in the midst of its work does not read the rest of it.
    child.stdin.on('error', () => {})
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const hears = async () => `${(await lines.next()).value}`
    const ask = (line: string) => {
      child.stdin.write(`${line}\n`)
      return hears()
    }
    return { child, hears, ask }
  }

  async function opened(mode: 'create' | 'open'): Promise<RootKeyProcess> {
    const started = await start(mode)
    expect(await started.hears()).toBe('opened')
    return started
  }

  test('killed in the midst of wrapping it leaves nothing, and the next one opens what it wrapped', async () => {
    const first = await opened('create')
    const key = toHex(randomBytes(64))
    const wrapped = await first.ask(`wrap ${key}`)
    for (let count = 0; count < 500; count += 1) first.child.stdin?.write(`wrap ${key}\n`)
    await first.hears()
    const gone = new Promise((resolve) => first.child.once('exit', (_, signal) => resolve(signal)))
    first.child.kill('SIGKILL')
    expect(await gone).toBe('SIGKILL')

    const second = await opened('open')
    expect(await second.ask(`unwrap ${wrapped}`)).toBe(key)
    expect(await tokens().atToken('agency', tokenPin, secretKeyLabels)).toEqual(['root'])
  })

  test('shares the token with another, and a login of one is none of the other', async () => {
    const first = await opened('create')
    const second = await opened('open')
    const key = toHex(randomBytes(32))
    const wrapped = await first.ask(`wrap ${key}`)
    first.child.stdin?.write('close\n')
    expect(await second.ask(`unwrap ${wrapped}`)).toBe(key)
    expect(await first.ask(`unwrap ${wrapped}`)).toBe('refused unavailable')
  })

  test('that starts for the first time beside another never leaves two keys', async () => {
    const both = await Promise.all([start('create'), start('create')])
    const said = await Promise.all(both.map(({ hears }) => hears()))
    for (const line of said) expect(['opened', 'refused conflict']).toContain(line)
    const labels = await tokens().atToken('agency', tokenPin, secretKeyLabels)
    expect(labels).toEqual(said.includes('opened') ? ['root'] : [])
  })

  test('holds the PIN nowhere in its heap after it has opened', async () => {
    const { ask } = await opened('create')
    const known = join(tokens().folder, 'known')
    await writeFile(known, 'agency')
    expect(await ask(`search ${known}`)).toBe('true')
    expect(await ask(`search ${join(tokens().folder, 'pin')}`)).toBe('false')
  })
})
