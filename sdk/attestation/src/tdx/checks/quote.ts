import { concatBytes, sha256, toHex } from '@reinraum/crypto'
import { failed, type Outcome, passed } from '../../checks/outcome.ts'
import { isZero } from '../../is-zero.ts'
import { isSignedRaw, readP256Key } from '../../x509/signature.ts'
import type { QeIdentity } from '../qe-identity.ts'
import type { TdxSubject } from '../subject.ts'
import { chained } from './authentic.ts'
import { onChain, onQeIdentity, type TdxRule } from './rule.ts'

/** Intel's QuoteVerifier, 4.1.2.5.13 to 17: PCK → report of the quoting enclave → attestation key → quote. */
export const quoteChecks: readonly TdxRule[] = [
  {
    name: 'qe-report-signature',
    claim: 'instance-identity',
    needs: chained,
    run: onChain(({ chain }, { quote }) =>
      isSignedRaw(chain.pck, quote.qeReport.bytes, quote.qeReportSignature)
        ? passed('signed by the PCK')
        : failed('qe-report-signature-invalid', 'the signature does not verify'),
    ),
  },
  { name: 'qe-report-binding', claim: 'instance-identity', needs: ['structure'], run: checkBinding },
  { name: 'qe-identity-match', claim: 'hardware', needs: ['qe-identity'], run: onQeIdentity(checkIdentity) },
  { name: 'quote-signature', claim: 'instance-identity', needs: ['structure'], run: checkSignature },
]

/** SHA-256 of key and authentication data, and 32 zero bytes: the enclave vouches for this key and no other. */
function checkBinding({ quote: { attestationKey, qeAuthData, qeReport } }: TdxSubject): Outcome {
  const bound = sha256(concatBytes(attestationKey, qeAuthData))
  const rest = qeReport.reportData.subarray(bound.length)
  return Buffer.compare(bound, qeReport.reportData.subarray(0, bound.length)) === 0 && isZero(rest)
    ? passed('the enclave vouches for the attestation key')
    : failed('qe-report-binding-invalid', 'the enclave vouches for another key')
}

/** Intel's EnclaveReportVerifier, 4.1.2.9.5 to 8. Its level is judged with the TCB. */
function checkIdentity(identity: QeIdentity, { quote: { qeReport } }: TdxSubject): Outcome {
  const mismatch = (detail: string) => failed('qe-identity-mismatch', detail)
  if (toHex(qeReport.mrSigner) !== identity.mrsigner) return mismatch(`signed by ${toHex(qeReport.mrSigner)}`)
  if (qeReport.isvProdId !== identity.isvprodid) return mismatch(`product ${qeReport.isvProdId}`)
  if (!equalsUnder(identity.miscselectMask, qeReport.miscSelect, identity.miscselect)) {
    return mismatch(`MISCSELECT ${toHex(qeReport.miscSelect)}`)
  }
  if (!equalsUnder(identity.attributesMask, qeReport.attributes, identity.attributes)) {
    return mismatch(`attributes ${toHex(qeReport.attributes)}`)
  }
  return passed(`quoting enclave ${qeReport.isvProdId}, version ${qeReport.isvSvn}`)
}

/** Whether the value is the expected one in every bit of the mask; the expected one has no other bits. @param mask hex */
export function equalsUnder(mask: string, value: Uint8Array, expected: string): boolean {
  return (BigInt(`0x${toHex(value)}`) & BigInt(`0x${mask}`)) === BigInt(`0x${expected}`)
}

function checkSignature({ quote }: TdxSubject): Outcome {
  const key = readP256Key(quote.attestationKey)
  if (key === null) return failed('quote-signature-invalid', 'the attestation key is no point of P-256')
  return isSignedRaw(key, quote.signed, quote.signature)
    ? passed('signed by the attestation key')
    : failed('quote-signature-invalid', 'the signature does not verify')
}
