import { failed, passed, waived } from '../../checks/outcome.ts'
import { isZero } from '../../is-zero.ts'
import { keyInfoReserved, reservedRanges } from '../layout.ts'
import { reservedTcbIsZero } from '../tcb.ts'
import type { SnpRule } from './rule.ts'

const ecdsaP384Sha384 = 1

export const structureChecks: readonly SnpRule[] = [
  {
    name: 'version',
    claim: 'instance-identity',
    needs: ['length'],
    run: ({ report, reference }) => {
      if (report.version >= 3 && report.version <= 5) return passed(`version ${report.version}`)
      if (report.version === 2 && reference.policy.allowVersion2) return waived('legacy-version', 'version 2, which has no CPUID')
      return failed('version-not-allowed', `version ${report.version}`)
    },
  },
  {
    name: 'signature-algorithm',
    claim: 'instance-identity',
    needs: ['length'],
    run: ({ report }) =>
      report.signatureAlgorithm === ecdsaP384Sha384
        ? passed('ECDSA P-384 with SHA-384')
        : failed('signature-algorithm-unsupported', `algorithm ${report.signatureAlgorithm}`),
  },
  {
    name: 'reserved-fields',
    claim: 'instance-identity',
    needs: ['version'],
    run: ({ report, product }) => {
      const dirty = reservedRanges(report.version).find(([from, to]) => !isZero(report.bytes.subarray(from, to)))
      if (dirty) return failed('reserved-not-zero', `bytes from 0x${dirty[0].toString(16)} are not zero`)
      if ((report.keyInfo & keyInfoReserved) !== 0) return failed('reserved-not-zero', 'key_info has reserved bits')
      const tcbs = [report.reportedTcb, report.currentTcb, report.committedTcb, report.launchTcb]
      const clean = product === null || tcbs.every((tcb) => reservedTcbIsZero(product, tcb))
      return clean ? passed('all zero') : failed('reserved-not-zero', 'a TCB version has reserved bytes')
    },
  },
  {
    name: 'product',
    claim: 'hardware',
    needs: ['version'],
    run: ({ report, product }) => {
      if (product !== null) return passed(product)
      const { family, model } = report.cpuid
      return failed('product-unknown', `CPUID family ${family.toString(16)}h model ${model.toString(16)}h`)
    },
  },
]
