import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { amdRoots, createSimulatedPlatform } from '@reinraum/attestation'
import { verifyExecutor } from '@reinraum/client'
import { generateHpkeKeyPair } from '@reinraum/crypto'
import type { RunBundleBytes } from '@reinraum/statements'
import { beforeAll, describe, expect, it } from 'vitest'
import { type CleanRoom, readyToRun, settle, start } from '../harness/clean-room.ts'
import { openReleased, outcomeOf, type RogueExecutor, rogueExecutor } from '../harness/rogue-executor.ts'
import { useCleanRooms } from '../harness/use-clean-rooms.ts'

const rooms = useCleanRooms()
let clean: CleanRoom
let rogue: RogueExecutor
let queryId: string

beforeAll(async () => {
  clean = await rooms.open()
  rogue = await rogueExecutor(rooms.room)
  queryId = await readyToRun(clean, { maximumRuns: 50 })
  return () => rogue.close()
}, 180_000)

async function freshBundle(): Promise<RunBundleBytes> {
  return rogue.bundleOf(await start(clean, queryId))
}

describe('a key service releases for evidence that is', () => {
  it('fresh, of this run and of the accepted code: then the key opens with the key inside the evidence', async () => {
    const { request, kem, reportData } = await rogue.prepare(await freshBundle(), 'health-keys')
    const answer = await rogue.keys('health-keys').releaseKeys(request)
    expect(outcomeOf(answer)).toBe('released')
    expect(await openReleased(answer, kem, reportData)).toHaveLength(32)
    const other = await generateHpkeKeyPair()
    await expect(openReleased(answer, other, reportData)).rejects.toMatchObject({ code: 'decryption-failed' })
  })
})

describe('a key service denies evidence that is', () => {
  it('replayed with its nonce', async () => {
    const { request } = await rogue.prepare(await freshBundle(), 'health-keys')
    expect(outcomeOf(await rogue.keys('health-keys').releaseKeys(request))).toBe('released')
    expect(outcomeOf(await rogue.keys('health-keys').releaseKeys(request))).toBe('nonce-used')
  })

  it('replayed with a fresh nonce', async () => {
    const bundle = await freshBundle()
    const [old, fresh] = [await rogue.prepare(bundle, 'health-keys'), await rogue.prepare(bundle, 'health-keys')]
    const request = { ...fresh.request, evidence: old.evidence }
    expect(outcomeOf(await rogue.keys('health-keys').releaseKeys(request))).toBe('report-data-mismatch')
  })

  it('of another run', async () => {
    const [one, other] = [
      await rogue.prepare(await freshBundle(), 'health-keys'),
      await rogue.prepare(await freshBundle(), 'health-keys'),
    ]
    const request = { ...other.request, evidence: one.evidence }
    expect(outcomeOf(await rogue.keys('health-keys').releaseKeys(request))).toBe('report-data-mismatch')
  })

  it('bound to another KEM key than the one that asks', async () => {
    const { request } = await rogue.prepare(await freshBundle(), 'health-keys')
    const { publicKey } = await generateHpkeKeyPair()
    expect(outcomeOf(await rogue.keys('health-keys').releaseKeys({ ...request, kemPublicKey: publicKey }))).toBe(
      'report-data-mismatch',
    )
  })

  it('meant for another key service', async () => {
    const { request } = await rogue.prepare(await freshBundle(), 'health-keys')
    expect(outcomeOf(await rogue.keys('shared-keys').releaseKeys(request))).not.toBe('released')
  })

  it('of code that the contract does not accept', async () => {
    const { request } = await rogue.prepare(await freshBundle(), 'health-keys', { measurement: '00'.repeat(48) })
    expect(outcomeOf(await rogue.keys('health-keys').releaseKeys(request))).toBe('evidence-contraindicated')
  })

  it('of a simulator that the contract does not name', async () => {
    const platformFile = join(rooms.room.directory, 'other-platform.json')
    await writeFile(platformFile, JSON.stringify(await createSimulatedPlatform({ modulusLength: 2048 })), { mode: 0o600 })
    const { request } = await rogue.prepare(await freshBundle(), 'health-keys', { platformFile })
    expect(outcomeOf(await rogue.keys('health-keys').releaseKeys(request))).toBe('evidence-contraindicated')
  })

  it('with one bit of its report flipped', async () => {
    const { request, evidence } = await rogue.prepare(await freshBundle(), 'health-keys')
    const report = Uint8Array.from(evidence.report)
    report[0x90] = (report[0x90] ?? 0) ^ 1
    const spoilt = { ...request, evidence: { ...evidence, report } }
    expect(outcomeOf(await rogue.keys('health-keys').releaseKeys(spoilt))).toBe('evidence-contraindicated')
  })
})

describe('a room whose contract accepts', () => {
  it.each([
    ['other code', (snp: { measurements: string[] }) => ({ ...snp, measurements: ['11'.repeat(48)] })],
    [
      'other hardware',
      (snp: { roots: object[] }) => ({ ...snp, roots: snp.roots.map((root) => ({ ...root, sha256: '22'.repeat(32) })) }),
    ],
    ['AMD hardware only', (snp: object) => ({ ...snp, roots: [{ product: 'Genoa', sha256: amdRoots.Genoa, simulated: false }] })],
  ])('%s gets no keys for this executor', async (_, change) => {
    const strict = await rooms.open({
      change: (contract) => ({
        ...contract,
        executors: { ...contract.executors, snp: change(contract.executors.snp as never) as never },
      }),
    })
    expect((await verifyExecutor(strict.sessions.health, strict.contract)).status).toBe('contraindicated')
    const runId = await start(strict, await readyToRun(strict))
    expect(await settle(strict, runId)).toMatchObject({ state: 'failed', reason: 'evidence-contraindicated' })
  })
})
