import { bindingFaults } from './azure-faults/binding.ts'
import type { AzureFault } from './azure-faults/fault.ts'
import { attestationKeyFaults, hclFaults } from './azure-faults/hcl-report.ts'
import { paravisorFaults, reportDataFaults } from './azure-faults/paravisor.ts'
import { pcrFaults } from './azure-faults/registers.ts'
import { quoteFaults, signatureFaults } from './azure-faults/tpm-quote.ts'

/** For every rule that a paravisor adds, evidence that breaks it alone; to be appraised by `appraiseParavised`. */
export const azureFaults: readonly AzureFault[] = [
  paravisorFaults,
  hclFaults,
  attestationKeyFaults,
  bindingFaults,
  quoteFaults,
  signatureFaults,
  pcrFaults,
  reportDataFaults,
].flat()
