import { isReinraumError } from '@reinraum/crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { predictTdxMrtd } from './mrtd.ts'
import { predictSnpMeasurement } from './snp-measurement.ts'
import { snpFirmware, tdvfFirmware } from './testing/firmware.ts'

const predictions: readonly (readonly [name: string, predict: (firmware: Uint8Array) => string, valid: Uint8Array])[] = [
  ['SNP', (firmware) => predictSnpMeasurement({ firmware, vcpus: 1, vcpuType: 'EPYC', kernel: new Uint8Array() }), snpFirmware()],
  ['TDX', (firmware) => predictTdxMrtd({ firmware }), tdvfFirmware()],
]

/** Whatever the bytes: a measurement, or the one error. */
function isClosed(predict: () => string): boolean {
  try {
    return /^[0-9a-f]{96}$/.test(predict())
  } catch (error) {
    return isReinraumError(error) && error.code === 'invalid-argument'
  }
}

describe.each(predictions)('a firmware (%s)', (_, predict, valid) => {
  it('is the same before and after, also in the form that the file system gives', () => {
    const firmware = Buffer.from(valid)
    expect(predict(firmware)).toBe(predict(valid))
    expect(firmware.equals(valid)).toBe(true)
  })

  it('of arbitrary pages is measured or refused and nothing worse', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.integer({ min: 0, max: 3 }), (seed, pages) => {
        const firmware = new Uint8Array(pages * 4096)
        for (let index = 0; index < firmware.length && seed.length > 0; index += 1)
          firmware[index] = seed[index % seed.length] ?? 0
        expect(isClosed(() => predict(firmware))).toBe(true)
        expect(isClosed(() => predict(seed))).toBe(true)
      }),
    )
  })

  it('with any bytes of its table and metadata changed is measured or refused, within bounds', () => {
    const offsets = fc.oneof(
      fc.integer({ min: valid.length - 0xc00, max: valid.length - 0xb00 }),
      fc.integer({ min: valid.length - 0x600, max: valid.length - 0x580 }),
      fc.integer({ min: valid.length - 0xa0, max: valid.length - 1 }),
    )
    const changes = fc.array(fc.tuple(offsets, fc.oneof(fc.constantFrom(0, 0xff, 0x80, 0x7f), fc.nat(255))), {
      minLength: 1,
      maxLength: 6,
    })
    let slowest = 0
    fc.assert(
      fc.property(changes, (list) => {
        const firmware = valid.slice()
        for (const [offset, value] of list) firmware[offset] = value
        const start = performance.now()
        expect(isClosed(() => predict(firmware))).toBe(true)
        slowest = Math.max(slowest, performance.now() - start)
      }),
      { numRuns: 2000 },
    )
    // Sections are bounded (16 MiB and 64 MiB); without the bounds a firmware of 16 KiB could ask for terabytes.
    expect(slowest).toBeLessThan(2000)
  })
})
