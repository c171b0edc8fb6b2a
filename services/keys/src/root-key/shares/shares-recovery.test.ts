import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toBase64url } from '@reinraum/crypto'
import { createIdentity, publicKeysOf } from '@reinraum/statements'
import { expect, onTestFinished, test } from 'vitest'
import { openKeysStore } from '../../store.ts'
import { recordRoot } from '../root-of-store.ts'
import { sharesSource } from './shares-source.ts'

test('what lies beside a backup has the sealed share of each holder, and how many of them are needed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'reinraum-shares-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const store = await openKeysStore(join(folder, 'keys.sqlite'))
  onTestFinished(() => store.close())
  const holders = (await Promise.all([createIdentity(), createIdentity(), createIdentity()])).map(publicKeysOf)
  const source = sharesSource({ keyServiceId: 'keys', holders, threshold: 2 }, store)
  const root = await source.create()
  if (root === undefined) return expect.unreachable()
  await store.transaction((trx) => recordRoot(trx, root))
  root.close()
  const recovery = (await source.recovery?.()) as { threshold: number; shares: { holder: string; sealed: string }[] }
  expect(recovery.threshold).toBe(2)
  expect(recovery.shares.map(({ holder }) => holder)).toEqual(holders.map(({ signing }) => signing.ed25519.x).toSorted())
  for (const { holder, sealed } of recovery.shares)
    expect(sealed).toBe(toBase64url((await source.shareOf(holder)) ?? new Uint8Array()))
})
