import { beforeAll, describe, expect, test } from 'vitest'
import type { Manifest } from '../kinds/manifest.ts'
import { rowsPerUnitOf, type UnitRows } from '../parts/unit-rows.ts'
import { withPayload } from '../testing/forgery.ts'
import { refusalOf } from '../testing/refusal.ts'
import { createParties, createRoom, now, type Parties, signAs } from '../testing/room.ts'
import type { VerifiedContract } from '../verified.ts'
import { verifyContract } from './contract.ts'
import { verifyManifest } from './manifest.ts'

let parties: Parties
let contract: VerifiedContract
let manifest: Manifest
beforeAll(async () => {
  parties = await createParties()
  const room = await createRoom(parties, {
    manifest: (document) => {
      if (document.slot === 'strikes') manifest = document
      return document
    },
  })
  contract = await verifyContract(room.bundle.contract, { now })
})

const sign = (unit: unknown, rowCount = 10) => signAs(parties, 'bird', { ...manifest, rowCount, unit: unit as UnitRows })

describe('what an owner states of the rows per unit', () => {
  const refused = async (...how: Parameters<typeof sign>) =>
    refusalOf(async () => verifyManifest(await sign(...how), contract, now))

  test('is part of what the owner signs, and need not be there', async () => {
    const unit = { column: 'operator', rowsAtMost: 10 }
    expect((await verifyManifest(await sign(unit), contract, now)).document.unit).toEqual(unit)
    expect((await verifyManifest(await signAs(parties, 'bird', manifest), contract, now)).document.unit).toBeUndefined()
  })

  test('is refused when it was added or changed after the manifest was signed', async () => {
    const change = (document: object) => ({ ...document, unit: { column: 'operator', rowsAtMost: 1 } })
    for (const signed of [await signAs(parties, 'bird', manifest), await sign({ column: 'operator', rowsAtMost: 2 })]) {
      expect(await refusalOf(() => verifyManifest(withPayload(signed, change), contract, now))).toBe('signature-invalid')
    }
  })

  test('is refused of a column that the schema does not have', async () => {
    expect(await refused({ column: 'Operator', rowsAtMost: 1 })).toBe('invalid-statement')
  })

  test('is refused where one unit would have more rows than there are', async () => {
    expect(await refused({ column: 'operator', rowsAtMost: 11 })).toBe('invalid-statement')
    expect(await refused({ column: 'operator', rowsAtMost: 2 }, 0)).toBe('invalid-statement')
    await expect(verifyManifest(await sign({ column: 'operator', rowsAtMost: 1 }, 0), contract, now)).resolves.toBeDefined()
  })

  test.each([0, -1, 1.5, '1', null, 2 ** 53])('is refused with %j rows', async (rowsAtMost) => {
    await expect(sign({ column: 'operator', rowsAtMost }, 2 ** 52)).rejects.toMatchObject({ code: 'invalid-statement' })
  })

  test('is refused with anything beside it, and in parts', async () => {
    const refusal = (unit: unknown) => refusalOf(() => sign(unit))
    expect(await refusal({ column: 'operator', rowsAtMost: 1, groupsAtMost: 1 })).toBe('unknown-field')
    expect(await refusal({ rowsAtMost: 1 })).toBe('invalid-statement')
    expect(await refusal({ column: 'operator' })).toBe('invalid-statement')
  })
})

describe('by which column rows lie together', () => {
  const clustered = (clusteredBy: unknown) => signAs(parties, 'bird', { ...manifest, clusteredBy: clusteredBy as string })

  test('is part of what the owner signs, and need not be there', async () => {
    expect((await verifyManifest(await clustered('operator'), contract, now)).document.clusteredBy).toBe('operator')
    expect((await verifyManifest(await signAs(parties, 'bird', manifest), contract, now)).document.clusteredBy).toBeUndefined()
  })

  test('is refused when it was added after the manifest was signed', async () => {
    const added = withPayload(await signAs(parties, 'bird', manifest), (document) => ({ ...document, clusteredBy: 'operator' }))
    expect(await refusalOf(() => verifyManifest(added, contract, now))).toBe('signature-invalid')
  })

  test('is refused of a column that the schema does not have', async () => {
    const signed = await clustered('Operator')
    expect(await refusalOf(() => verifyManifest(signed, contract, now))).toBe('invalid-statement')
  })

  test.each(['', 7, null, ['operator']])('is refused as %j', async (clusteredBy) => {
    await expect(clustered(clusteredBy)).rejects.toMatchObject({ code: 'invalid-statement' })
  })
})

describe('what counts of a statement of units', () => {
  const unit = { column: 'operator', rowsAtMost: 3 }

  test('is the number, where it speaks of the units that the rule protects', () => {
    expect(rowsPerUnitOf({ unit }, { privacyUnit: { column: 'operator', maxRowsPerUnit: 2 } })).toBe(3)
  })

  test('is nothing of another column, of public data, or where nothing is stated', () => {
    expect(rowsPerUnitOf({ unit }, { privacyUnit: { column: 'state' } })).toBeUndefined()
    expect(rowsPerUnitOf({ unit }, { privacyUnit: 'none' })).toBeUndefined()
    expect(rowsPerUnitOf({}, { privacyUnit: { column: 'operator' } })).toBeUndefined()
  })
})
