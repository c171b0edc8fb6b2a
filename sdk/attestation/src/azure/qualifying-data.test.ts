import { sha384 } from '@reinraum/crypto'
import { expect, it } from 'vitest'
import { reportData } from '../testing/simulated-evidence.ts'
import { qualifyingDataOf } from './qualifying-data.ts'
import { maxQualifyingDataLength } from './tpm-layout.ts'

it('report data that fits is quoted as it is', () => {
  for (const length of [0, 9, 32, 48, maxQualifyingDataLength]) {
    const data = new Uint8Array(length).fill(7)
    expect(qualifyingDataOf(data)).toEqual(data)
  }
})

it('report data that does not fit is quoted by its digest, so that all of it counts', () => {
  expect(reportData).toHaveLength(64)
  for (const data of [reportData, new Uint8Array(maxQualifyingDataLength + 1)]) {
    expect(qualifyingDataOf(data)).toEqual(sha384(data))
    expect(qualifyingDataOf(data).length).toBeLessThanOrEqual(maxQualifyingDataLength)
  }
})
