import { chainFaults } from './chain.ts'
import { collateralFaults } from './collateral.ts'
import { documentFaults } from './documents.ts'
import type { TdxFault } from './fault.ts'
import { quoteFaults } from './quote.ts'
import { referenceFaults } from './reference.ts'
import { revocationFaults } from './revocation.ts'
import { structureFaults } from './structure.ts'
import { tcbFaults } from './tcb.ts'
import { tdFaults } from './td.ts'

export const tdxFaults: readonly TdxFault[] = [
  structureFaults,
  collateralFaults,
  chainFaults,
  revocationFaults,
  documentFaults,
  quoteFaults,
  tcbFaults,
  tdFaults,
  referenceFaults,
].flat()
