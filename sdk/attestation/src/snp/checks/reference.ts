import { constantTimeEqual, toHex } from '@reinraum/crypto'
import { failed, notAsked, type Outcome, passed, waived } from '../../checks/outcome.ts'
import type { SnpSubject } from '../subject.ts'
import { authentic } from './authentic.ts'
import type { SnpRule } from './rule.ts'

export const referenceChecks: readonly SnpRule[] = [
  { name: 'measurement', claim: 'executables', needs: authentic, run: checkMeasurement },
  { name: 'host-data', claim: 'configuration', needs: authentic, run: checkHostData },
  { name: 'id-key', claim: 'executables', needs: authentic, run: checkIdKey },
  { name: 'chip-allowed', claim: 'instance-identity', needs: authentic, run: checkChip },
  { name: 'product-allowed', claim: 'hardware', needs: authentic, run: checkProduct },
  { name: 'report-data', claim: 'instance-identity', needs: authentic, run: checkReportData },
]

function checkMeasurement({ report, reference }: SnpSubject): Outcome {
  const measurement = toHex(report.measurement)
  return reference.measurements.includes(measurement) ? passed(measurement) : failed('measurement-mismatch', measurement)
}

function checkHostData({ report, reference }: SnpSubject): Outcome {
  if (reference.hostData === undefined) return notAsked('no reference value')
  const hostData = toHex(report.hostData)
  return reference.hostData.includes(hostData) ? passed(hostData) : failed('host-data-mismatch', hostData)
}

function checkIdKey({ report, reference }: SnpSubject): Outcome {
  if (reference.idKeys === undefined) return notAsked('no reference value')
  const digest = toHex(report.idKeyDigest)
  const key = reference.idKeys.find((candidate) => candidate.digest === digest)
  if (key === undefined) return failed('id-key-mismatch', digest)
  return report.guestSvn >= key.minimumGuestSvn
    ? passed(`${digest}, guest version ${report.guestSvn}`)
    : failed('id-key-mismatch', `guest version ${report.guestSvn} is older than ${key.minimumGuestSvn}`)
}

function checkChip({ report, reference }: SnpSubject): Outcome {
  if (reference.chipIds === undefined) return notAsked('any chip')
  const chip = toHex(report.chipId)
  return reference.chipIds.includes(chip) ? passed(chip) : failed('chip-not-allowed', chip)
}

function checkProduct({ product, reference }: SnpSubject): Outcome {
  const allowed = product !== null && reference.policy.products.includes(product)
  if (!allowed) return failed('product-denied', `${product}`)
  return product === 'Milan' ? waived('milan', 'its VCEK seed can be extracted in software') : passed(product)
}

function checkReportData({ report, expected }: SnpSubject): Outcome {
  return constantTimeEqual(report.reportData, expected.reportData)
    ? passed(toHex(report.reportData))
    : failed('report-data-mismatch', 'the evidence was made for something else')
}
