import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { appraise } from '../appraise.ts'
import type { Endorsements, Evidence, VtpmEvidence } from '../evidence.ts'
import type { ReferenceValuesInput } from '../reference-values.ts'
import { type AttestationResult, isAcceptable } from '../result.ts'
import { createPlatform, now, referenceFor, reportData } from '../testing/simulated-evidence.ts'
import { type ParavisedSnpEvidence, paravisedEvidenceOf, paravisor } from '../testing/simulated-vtpm.ts'
import { hclOffsets } from './hcl-layout.ts'
import { parseHclReport } from './hcl-report.ts'
import { readAttestationKey } from './runtime-data.ts'
import { isSignedBy, parseTpmQuote } from './tpm-quote.ts'

let good: ParavisedSnpEvidence
let vtpm: VtpmEvidence
let endorsements: Endorsements
let reference: ReferenceValuesInput
beforeAll(async () => {
  const platform = await createPlatform()
  const made = await paravisedEvidenceOf(platform)
  if (made.evidence.vtpm === undefined) throw new Error('the evidence came through a paravisor')
  good = made.evidence
  vtpm = made.evidence.vtpm
  endorsements = made.endorsements
  reference = referenceFor(platform, { paravisor })
})

function judge(evidence: Evidence): Promise<AttestationResult> {
  return appraise(evidence, endorsements, reference, { reportData }, now)
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const at = bit >> 3
  return bytes.with(at, (bytes[at] ?? 0) ^ (1 << (bit & 7)))
}

/** Any place in what is `length` bytes long. */
const bitOf = (length: number) => fc.integer({ min: 0, max: length * 8 - 1 })

async function expectRefused(evidence: Evidence): Promise<void> {
  const result = await judge(evidence)
  expect(isAcceptable(result)).toBe(false)
  expect(result.status).toBe('contraindicated')
}

describe('one flipped bit makes evidence through a paravisor worthless', { timeout: 120_000 }, () => {
  it('which is acceptable without it', async () => {
    expect(await judge(good)).toMatchObject({ status: 'warning', reasons: [] })
  })

  it('anywhere in the quote', async () => {
    await fc.assert(
      fc.asyncProperty(bitOf(vtpm.message.length), async (bit) =>
        expectRefused({ ...good, vtpm: { ...vtpm, message: flipped(vtpm.message, bit) } }),
      ),
      { numRuns: 100 },
    )
    const key = readAttestationKey(parseHclReport(vtpm.hclReport)?.runtimeData ?? new Uint8Array(0))
    for (let bit = 0; bit < vtpm.message.length * 8; bit += 1) {
      const message = flipped(vtpm.message, bit)
      expect(parseTpmQuote(message) !== null && key !== null && isSignedBy(key, message, vtpm.signature)).toBe(false)
    }
  })

  it('anywhere in its signature', async () => {
    await fc.assert(
      fc.asyncProperty(bitOf(256), async (bit) =>
        expectRefused({ ...good, vtpm: { ...vtpm, signature: flipped(vtpm.signature, bit) } }),
      ),
      { numRuns: 100 },
    )
  })

  it('anywhere in what the paravisor kept: header, hardware report, runtime data, padding', async () => {
    const { hclReport } = vtpm
    const parts = [
      [0, hclOffsets.hardwareReport],
      [hclOffsets.hardwareReport, hclOffsets.dataSize],
      [hclOffsets.dataSize, 1300],
      [1300, hclReport.length],
    ] as const
    const place = fc.constantFrom(...parts).chain(([from, to]) => fc.integer({ min: from * 8, max: to * 8 - 1 }))
    await fc.assert(
      fc.asyncProperty(place, async (bit) => expectRefused({ ...good, vtpm: { ...vtpm, hclReport: flipped(hclReport, bit) } })),
      { numRuns: 200 },
    )
  })

  it('anywhere in the report of the evidence, even where both are changed alike', async () => {
    await fc.assert(
      fc.asyncProperty(bitOf(1184), async (bit) => {
        const report = flipped(good.report, bit)
        await expectRefused({ ...good, report })
        await expectRefused({ ...good, report, vtpm: { ...vtpm, hclReport: flipped(vtpm.hclReport, bit + 32 * 8) } })
      }),
      { numRuns: 60 },
    )
  })

  it('anywhere in any register', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 23 }), bitOf(32), async (index, bit) => {
        const pcrs = vtpm.pcrs.with(index, flipped(vtpm.pcrs[index] as Uint8Array, bit))
        await expectRefused({ ...good, vtpm: { ...vtpm, pcrs } })
      }),
      { numRuns: 100 },
    )
  })
})

describe('no bytes make the checks of a paravisor throw', { timeout: 120_000 }, () => {
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ minLength: 1200, maxLength: 5000 }))

  it('random bytes in the place of each part', async () => {
    const part = fc.constantFrom('hclReport', 'message', 'signature', 'pcrs')
    await fc.assert(
      fc.asyncProperty(part, bytes, async (name, random) =>
        expectRefused({ ...good, vtpm: { ...vtpm, [name]: name === 'pcrs' ? [random, ...vtpm.pcrs.slice(1)] : random } }),
      ),
      { numRuns: 100 },
    )
  })

  it('random JSON in the place of the runtime data, and random text in its place', () => {
    const encode = (text: string) => new TextEncoder().encode(text)
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.string(),
          fc.json().map((json) => `{"keys":[${json}]}`),
        ),
        (text) => {
          expect(readAttestationKey(encode(text))).toBeNull()
        },
      ),
      { numRuns: 300 },
    )
    expect(readAttestationKey(encode('['.repeat(4000)))).toBeNull()
    expect(readAttestationKey(new Uint8Array(1_000_000).fill(0x20))).toBeNull()
  })

  it('quotes and reports cut anywhere, or of any length', () => {
    for (let length = 0; length < vtpm.message.length; length += 1) {
      expect(parseTpmQuote(vtpm.message.subarray(0, length))).toBeNull()
    }
    const { runtimeData } = parseHclReport(vtpm.hclReport) ?? { runtimeData: new Uint8Array(0) }
    const end = hclOffsets.runtimeData + runtimeData.length
    for (let length = 0; length < end; length += 7) expect(parseHclReport(vtpm.hclReport.subarray(0, length))).toBeNull()
    expect(parseHclReport(vtpm.hclReport.subarray(0, end))?.runtimeData).toEqual(runtimeData)
    expect([parseTpmQuote(new Uint8Array(10_000_000)), parseHclReport(new Uint8Array(10_000_000))]).toEqual([null, null])
  })

  it('values that are not what their type says, as they come from JavaScript', async () => {
    const hostile: unknown[] = [
      null,
      1,
      'vtpm',
      {},
      [],
      { ...vtpm, pcrs: null },
      { ...vtpm, pcrs: { length: 24 } },
      { ...vtpm, pcrs: Array(24) },
      { ...vtpm, pcrs: Array(24).fill({ length: 32 }) },
      { ...vtpm, message: 'x'.repeat(vtpm.message.length) },
      { ...vtpm, message: { length: vtpm.message.length } },
      { ...vtpm, signature: { length: 256 } },
      { ...vtpm, hclReport: { length: 2600 } },
      { ...vtpm, hclReport: undefined },
    ]
    for (const one of hostile) await expectRefused({ ...good, vtpm: one as VtpmEvidence })
  })
})
