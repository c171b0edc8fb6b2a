import { beforeAll, expect, it } from 'vitest'
import { appraise } from '../appraise.ts'
import { basicConstraints } from '../simulator/extensions.ts'
import type { SimulatedTdxOverrides } from '../simulator/tdx/overrides.ts'
import type { SimulatedTdxPlatform } from '../simulator/tdx/platform.ts'
import { now, reportData } from '../testing/simulated-evidence.ts'
import { createTdxPlatform, tdxEvidenceOf, tdxReferenceFor } from '../testing/simulated-tdx-evidence.ts'
import { parseQuote } from './quote.ts'
import { readPckChain } from './subject.ts'

let platform: SimulatedTdxPlatform
beforeAll(async () => {
  platform = await createTdxPlatform()
})

/** Appraises under reference values that pin whatever root the evidence came with. */
async function appraisePinned(overrides: SimulatedTdxOverrides) {
  const { evidence, endorsements } = await tdxEvidenceOf(platform, { overrides })
  const parsed = parseQuote(evidence.quote)
  const chain = parsed.malformed === null && parsed.quote !== null ? readPckChain(parsed.quote.pckChain) : null
  const roots = [{ sha256: chain?.at(-1)?.sha256 ?? '', simulated: true }]
  return appraise(evidence, endorsements, tdxReferenceFor(platform, { roots }), { reportData }, now)
}

const renamed = 'Intel SGX Root CA 2'

it.each<[string, string, string, SimulatedTdxOverrides]>([
  [
    'has another name',
    'chain-names',
    'chain-names-invalid',
    {
      root: (content) => ({ ...content, subject: renamed, issuer: renamed }),
      platformCa: (content) => ({ ...content, issuer: renamed }),
      tcbSigning: (content) => ({ ...content, issuer: renamed }),
      rootCrl: (content) => ({ ...content, issuer: renamed }),
    },
  ],
  ['is issued by someone else', 'chain-names', 'chain-names-invalid', { root: (content) => ({ ...content, issuer: renamed }) }],
  [
    'allows no authority below it',
    'chain-constraints',
    'chain-constraints-invalid',
    {
      root: (content) => ({
        ...content,
        extensions: content.extensions.map((extension) => (extension.oid === '2.5.29.19' ? basicConstraints(0) : extension)),
      }),
    },
  ],
])('a root that %s is refused even where it is pinned', async (_, check, reason, overrides) => {
  const result = await appraisePinned(overrides)
  expect(result.reasons).toEqual([reason])
  expect(result.checks.filter(({ verdict }) => verdict === 'failed').map(({ name }) => name)).toEqual([check])
})

it('a root made anew is accepted where it is pinned', async () => {
  const result = await appraisePinned({ root: (content) => ({ ...content, serial: Uint8Array.of(9) }) })
  expect(result).toMatchObject({ status: 'affirming', hardware: false })
})
