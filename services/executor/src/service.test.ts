import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

const base = await mkdtemp('/var/tmp/reinraum-start-')
afterAll(() => rm(base, { recursive: true, force: true }))
const file = join(base, 'file')
const swaps = join(base, 'swaps')
await writeFile(file, '')
const main = fileURLToPath(new URL('./main.ts', import.meta.url))
const address = '127.0.0.1:1'

/** What an executor says that may not start; it comes to nothing that this configuration does not have. */
async function start(changed: object, before: readonly string[] = []): Promise<string> {
  const config = {
    id: 'executor',
    listen: { services: address },
    tls: { ca: file, cert: file, key: file },
    nats: { servers: `tls://${address}`, seed: file, ca: file, inbox: '_INBOX_executor' },
    data: base,
    log: { level: 'info' },
    attester: { kind: 'simulator', platform: file },
    ...{ governance: address, ingestion: address, release: address, keyServices: {} },
    scratch: join(base, 'scratch'),
    runLimits: { memoryMiB: 64, runTimeoutMs: 1000 },
    ...changed,
  }
  const path = await mkdtemp(join(base, 'config-'))
  await writeFile(join(path, 'executor.json'), JSON.stringify(config))
  const commands = ['sh', '-c', 'ulimit -c 0; exec "$@"', 'sh', ...before, process.execPath, '--conditions=source', main]
  const [command = '', ...args] = [...commands, '--config', join(path, 'executor.json')]
  return new Promise((resolve) => {
    execFile(command, args, (_, stdout, stderr) => resolve(stdout + stderr))
  })
}

describe('an executor does not start', () => {
  it('where it would spill to a disk that is not encrypted', async () => {
    await mkdir(join(base, 'spill'))
    const said = await start({ spill: { directory: join(base, 'spill'), mebibytes: 1 }, allowUnencryptedSwap: true })
    expect(said).toContain('dm-crypt')
  })

  it.runIf(process.getuid?.() === 0)('where memory is swapped to such a disk', async () => {
    await writeFile(swaps, `Filename Type Size Used Priority\n${file} file 1 0 -2\n`)
    const before = ['unshare', '--mount', 'sh', '-c', `mount --bind ${swaps} /proc/swaps && exec "$@"`, 'sh']
    expect(await start({}, before)).toContain('swaps')
  })
})
