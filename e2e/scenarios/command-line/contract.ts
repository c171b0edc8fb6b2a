import { readFile, stat, writeFile } from 'node:fs/promises'
import { hpkeSuites } from '@reinraum/crypto'
import { expect, it } from 'vitest'
import { contractYaml } from '../../harness/command-line-files.ts'
import { type Life, parties, text } from './life.ts'

/** Identities, and a contract that all of them sign. */
export function contractIsMade({ as, at, known, offline, rooms }: Life): void {
  it('each makes an identity, which is nobody else’s to read', async () => {
    for (const party of parties) {
      const files = ['--out', at(`${party}.json`), '--public', at(`${party}.public.json`)]
      const answer = await offline('identity', 'create', ...files, ...(party === 'analyst' ? ['--suite', 'mlkem1024-p384'] : []))
      expect(answer).toMatchObject({ exitCode: 0, err: '', out: expect.stringContaining('thumbprint') })
      expect((await stat(at(`${party}.json`))).mode & 0o077).toBe(0)
    }
    const { value } = await offline.json('identity', 'create', '--out', at('spare.json'))
    expect(text(value.thumbprint)).toMatch(/^[A-Za-z0-9_-]{43}$/)
    const { value: shown } = await as.health.json('identity', 'show')
    expect(shown).toEqual(JSON.parse(await readFile(at('health.public.json'), 'utf8')))
    expect(JSON.parse((await as.health('identity', 'show')).out)).toEqual(shown)
    expect(shown.hpke).toMatchObject({ suite: hpkeSuites[0] })
    expect((await as.analyst.json('identity', 'show')).value.hpke).toMatchObject({ suite: hpkeSuites[1] })
    expect((await offline('identity', 'create', '--out', at('none.json'), '--suite', 'rsa')).exitCode).toBe(1)
  })

  it('one writes the contract, with the keys from files and from the key services, and all sign it', async () => {
    for (const id of ['health-keys', 'shared-keys']) {
      const { value } = await as.health.json('keys', 'describe', id)
      expect(value.id).toBe(id)
      await writeFile(at(`${id}.json`), JSON.stringify(value.keys))
    }
    expect((await as.health('keys', 'describe', 'health-keys')).out).toContain('"owner"')
    await writeFile(at('contract.yaml'), contractYaml(rooms.room.referenceValues()))
    expect((await as.health('contract', 'propose', at('contract.yaml'))).out).toMatch(/^in force +not yet$/m)

    const { exitCode, value } = await as.health.json('contract', 'propose', at('contract.yaml'))
    expect({ exitCode, inForce: value.inForce }).toEqual({ exitCode: 0, inForce: false })
    known.contract = text(value.contractId)
    expect(await as.health.json('contract', 'verify', known.contract)).toMatchObject({
      exitCode: 2,
      value: { error: { code: 'contract-incomplete' } },
    })
    for (const party of ['survey', 'analyst'] as const)
      expect((await as[party]('contract', 'accept', known.contract)).exitCode).toBe(0)
    expect((await as.reviewer.json('contract', 'accept', known.contract)).value.inForce).toBe(true)

    const shown = await as.analyst('contract', 'show', known.contract, '--out', at('contract.json'))
    expect(shown).toMatchObject({ exitCode: 0, out: expect.stringContaining('SIMULATED hardware accepted') })
    expect((await as.analyst.json('contract', 'show', known.contract)).value.missing).toEqual([])
    expect((await as.analyst('contract', 'verify', known.contract)).exitCode).toBe(0)
    const { value: verified } = await offline.json('contract', 'verify', at('contract.json'))
    expect(verified.id).toBe(known.contract)
    expect(await as.analyst('contract', 'show', known.contract, '--out', at('contract.json'))).toMatchObject({ exitCode: 1 })
  })
}
