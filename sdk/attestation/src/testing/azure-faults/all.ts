import { bindingFaults } from './binding.ts'
import type { AzureFault } from './fault.ts'
import { attestationKeyFaults, hclFaults } from './hcl-report.ts'
import { paravisorFaults, reportDataFaults } from './paravisor.ts'
import { pcrFaults } from './registers.ts'
import { quoteFaults, signatureFaults } from './tpm-quote.ts'

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
