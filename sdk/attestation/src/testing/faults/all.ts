import { chainFaults } from './chain.ts'
import type { Fault } from './fault.ts'
import { policyFaults } from './policy.ts'
import { referenceFaults } from './reference.ts'
import { revocationFaults } from './revocation.ts'
import { signingKeyFaults } from './signing-key.ts'
import { structureFaults } from './structure.ts'
import { tcbFaults } from './tcb.ts'

/** For every check of a report but its length, evidence that breaks it alone; to be appraised by `appraiseIn`. */
export const snpFaults: readonly Fault[] = [
  structureFaults,
  chainFaults,
  signingKeyFaults,
  tcbFaults,
  policyFaults,
  revocationFaults,
  referenceFaults,
].flat()
