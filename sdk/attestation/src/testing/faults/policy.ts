import type { Fault } from './fault.ts'

export const policyFaults: readonly Fault[] = [
  {
    when: 'bit 17 of the policy is zero',
    check: 'guest-policy',
    reason: 'policy-invalid',
    overrides: { report: { policy: 0x1_0000n } },
  },
  ...[26n, 63n].map((bit) => ({
    when: `reserved bit ${bit} of the policy is set`,
    check: 'guest-policy' as const,
    reason: 'policy-invalid' as const,
    overrides: { report: { policy: 0x3_0000n | (1n << bit) } },
  })),
  { when: 'the guest may be debugged', check: 'debug', reason: 'debug-enabled', overrides: { report: { policy: 0xb_0000n } } },
  {
    when: 'the guest may be migrated',
    check: 'migration',
    reason: 'migration-enabled',
    overrides: { report: { policy: 0x7_0000n } },
  },
  {
    when: 'the guest asks for an older ABI',
    check: 'minimum-abi',
    reason: 'abi-below-minimum',
    overrides: { report: { policy: 0x3_00ffn } },
    reference: { policy: { minimumAbi: { major: 1, minor: 0 } } },
  },
  { when: 'multithreading is not wanted', check: 'smt', reason: 'smt-not-allowed', reference: { policy: { allowSmt: false } } },
  {
    when: 'one socket is wanted',
    check: 'single-socket',
    reason: 'single-socket-required',
    reference: { policy: { requireSingleSocket: true } },
  },
  ...[1, 3, 0xffffffff].map((vmpl) => ({
    when: `the report was asked for at level ${vmpl}`,
    check: 'vmpl' as const,
    reason: 'vmpl-not-allowed' as const,
    overrides: { report: { vmpl } },
  })),
  {
    when: 'the memory was not checked for aliases',
    check: 'alias-check',
    reason: 'platform-not-allowed',
    overrides: { report: { platformInfo: 0x05n } },
  },
  {
    when: 'ciphertext hiding is wanted and off',
    check: 'ciphertext-hiding',
    reason: 'platform-not-allowed',
    reference: { policy: { requireCiphertextHiding: true } },
  },
]
