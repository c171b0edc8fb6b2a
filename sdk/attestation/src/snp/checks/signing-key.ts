import { verify } from 'node:crypto'
import { failed, notAsked, type Outcome, passed, waived } from '../../checks/outcome.ts'
import { isZero } from '../../is-zero.ts'
import { signingKeyKind } from '../report.ts'
import type { SnpSubject } from '../subject.ts'
import { readCspId, readHwid, vekOids } from '../vek-extensions.ts'
import type { SnpRule } from './rule.ts'

export const signingKeyChecks: readonly SnpRule[] = [
  { name: 'signing-key', claim: 'instance-identity', needs: ['certificates'], run: checkKind },
  { name: 'chip-id', claim: 'instance-identity', needs: ['signing-key'], run: checkChipId },
  {
    name: 'report-signature',
    claim: 'instance-identity',
    needs: ['signature-algorithm', 'chain-constraints'],
    run: checkSignature,
  },
]

/** A VCEK belongs to a chip and to no provider, a VLEK to a provider and to no chip; the report says which one signed. */
function checkKind({ report, vek, vekKind, reference }: SnpSubject): Outcome {
  const kind = signingKeyKind(report)
  if (vek === null || kind === null) return failed('signing-key-mismatch', 'the report names no key that can be verified')
  if (kind !== vekKind) return failed('signing-key-mismatch', `the report names a ${kind}, the certificate is a ${vekKind}`)
  const hasChip = vek.extensions.has(vekOids.hwid)
  const hasProvider = vek.extensions.has(vekOids.cspId)
  if (kind === 'VCEK') {
    return hasChip && !hasProvider ? passed('VCEK') : failed('signing-key-mismatch', 'this is not what a VCEK contains')
  }
  const provider = readCspId(vek)
  if (hasChip || provider === null) return failed('signing-key-mismatch', 'this is not what a VLEK contains')
  return reference.policy.cspIds.includes(provider)
    ? passed(`VLEK of ${provider}`)
    : failed('csp-not-allowed', `VLEK of ${provider}`)
}

function checkChipId({ report, vek, product, reference }: SnpSubject): Outcome {
  if (signingKeyKind(report) === 'VLEK') return notAsked('a VLEK belongs to no chip')
  const hwid = vek === null || product === null ? null : readHwid(vek, product)
  if (hwid === null) return failed('chip-id-mismatch', 'the certificate names no chip')
  if (isZero(report.chipId)) {
    // MASK_CHIP_KEY or the host's configuration: the report then names no chip at all.
    return reference.policy.allowMaskedChipId
      ? waived('masked-chip-id', 'masked by the host')
      : failed('chip-id-masked', 'the host masks the chip id')
  }
  const matches =
    Buffer.compare(report.chipId.subarray(0, hwid.length), hwid) === 0 && isZero(report.chipId.subarray(hwid.length))
  return matches
    ? passed('the chip is the one of the certificate')
    : failed('chip-id-mismatch', 'the certificate names another chip')
}

function checkSignature({ report, vek }: SnpSubject): Outcome {
  if (vek?.keyKind !== 'P-384') return failed('report-signature-invalid', 'there is no key to verify with')
  const valid = verify('sha384', report.signed, { key: vek.publicKey, dsaEncoding: 'ieee-p1363' }, report.signature)
  return valid ? passed('signed by the certified key') : failed('report-signature-invalid', 'the signature does not verify')
}
