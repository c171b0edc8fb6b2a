import { type HpkeSuite, hpkeSuites } from '@reinraum/crypto'
import { refusalOf } from '@reinraum/testing'
import { describe, expect, test } from 'vitest'
import { agree, importDataset, sealDataset } from './testing/agreement.ts'
import { bundleOf, openReleased, requestOf } from './testing/attempt.ts'
import { startRoom } from './testing/room.ts'

const [xWing, strong] = hpkeSuites

describe.each<[HpkeSuite, HpkeSuite]>([
  [strong, strong],
  [strong, xWing],
])('a key service with keys of %s', (identitySuite, releaseSuite) => {
  test(`imports in it, and releases in the contract's ${releaseSuite}`, async () => {
    const room = await startRoom({ shared: () => ({ identitySuite }) })
    try {
      expect(room.shared.vault.identity.publicKeys.hpke.suite).toBe(identitySuite)
      const agreement = await agree(room, (contract) => ({
        ...contract,
        slots: contract.slots.filter(({ id }) => id === 'strikes'),
        releaseSuite,
      }))
      const dataset = await sealDataset(agreement, 'strikes')
      expect(await importDataset(agreement, dataset)).toMatchObject({ created: true })
      const imported = { ...agreement, datasets: [dataset] }
      const attempt = await requestOf(imported, room.shared, await bundleOf(imported), { suite: releaseSuite })
      const { outcome } = await room.shared.from('executor').releaseKeys(attempt.request)
      const keys = outcome.case === 'released' ? outcome.value.keys : []
      expect(keys.map(({ sealedKey }) => JSON.parse(Buffer.from(sealedKey).toString()).suite)).toEqual([releaseSuite])
      expect(await Promise.all(keys.map((key) => openReleased(attempt, key)))).toEqual([dataset.dataKey])
    } finally {
      await room.stop()
    }
  })
})

test('keys are of X-Wing where nothing is said, and stay what they were made as', async () => {
  const room = await startRoom()
  try {
    const before = room.shared.vault.identity.publicKeys
    expect(before.hpke.suite).toBe(xWing)
    expect(await refusalOf(() => room.restartShared({ identitySuite: strong }))).toBe('suite-unsupported')
    await room.restartShared({ identitySuite: xWing })
    expect(room.shared.vault.identity.publicKeys).toEqual(before)
  } finally {
    await room.stop()
  }
})
