import { type CheckRule, failed, passed } from '../../checks/outcome.ts'
import { isZero } from '../../is-zero.ts'
import { bodyTypes, ecdsaP256KeyType, intelQeVendorId, tdxTeeType } from '../layout.ts'
import type { QuoteHeader } from '../quote.ts'
import type { TdxCheckName } from './names.ts'
import type { TdxRule } from './rule.ts'

/** On the header alone: it says whether the rest can be read at all. */
export const headerChecks: readonly CheckRule<TdxCheckName, { readonly header: QuoteHeader }>[] = [
  // Without it there is no subject to look at.
  { name: 'structure', claim: 'instance-identity', needs: [], run: () => passed('every length is what it must be') },
  {
    name: 'quote-version',
    claim: 'instance-identity',
    needs: ['structure'],
    run: ({ header: { version } }) =>
      version === 4 || version === 5 ? passed(`version ${version}`) : failed('version-not-allowed', `version ${version}`),
  },
  {
    name: 'key-type',
    claim: 'instance-identity',
    needs: ['structure'],
    run: ({ header: { keyType } }) =>
      keyType === ecdsaP256KeyType ? passed('ECDSA P-256') : failed('signature-algorithm-unsupported', `key type ${keyType}`),
  },
  {
    name: 'tee-type',
    claim: 'instance-identity',
    needs: ['structure'],
    run: ({ header: { teeType, bodyType } }) => {
      if (teeType !== tdxTeeType) return failed('tee-type-mismatch', `TEE type 0x${teeType.toString(16)}`)
      const isTd = bodyType === null || bodyType === bodyTypes.td10 || bodyType === bodyTypes.td15
      return isTd ? passed('TDX') : failed('tee-type-mismatch', `a body of type ${bodyType}, which is no TD`)
    },
  },
  {
    name: 'qe-vendor',
    claim: 'hardware',
    needs: ['structure'],
    run: ({ header: { qeVendorId } }) =>
      qeVendorId === intelQeVendorId ? passed('Intel') : failed('qe-vendor-unknown', `vendor ${qeVendorId}`),
  },
]

export const trailingCheck: TdxRule = {
  name: 'trailing-bytes',
  claim: 'instance-identity',
  needs: ['structure'],
  // Buffers of a fixed size are padded with zeros; anything else was put there by somebody.
  run: ({ quote: { trailing } }) =>
    isZero(trailing)
      ? passed(`${trailing.length} bytes, all zero`)
      : failed('trailing-bytes-not-zero', 'something follows the signature data'),
}
