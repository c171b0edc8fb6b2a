import { signPkcs1 } from '../simulated-vtpm.ts'
import { type AzureFault, stranger, withByte } from './fault.ts'

function withStrangersKey(report: Uint8Array): Uint8Array {
  const { n } = stranger.publicKey.export({ format: 'jwk' })
  const text = Buffer.from(report).toString('latin1')
  return new Uint8Array(Buffer.from(text.replace(/("HCLAkPub".*?"n":")[^"]+/, `$1${n}`), 'latin1'))
}

export const bindingFaults: readonly AzureFault[] = [
  {
    when: 'the hardware vouches for other runtime data',
    check: 'runtime-data',
    reason: 'runtime-data-mismatch',
    overrides: { report: { reportData: new Uint8Array(64).fill(1, 0, 32) } },
  },
  {
    when: 'the hardware vouches for more than the digest',
    check: 'runtime-data',
    reason: 'runtime-data-mismatch',
    overrides: { beforeSigning: (report) => report.set([1], 0x50 + 63) },
  },
  {
    when: 'the runtime data was changed after the hardware vouched for it',
    check: 'runtime-data',
    reason: 'runtime-data-mismatch',
    vtpm: {
      hclReport: (report) =>
        new Uint8Array(
          Buffer.from(Buffer.from(report).toString('latin1').replace('"secure-boot":true', '"secure-boot":null'), 'latin1'),
        ),
    },
  },
  {
    when: 'the attestation key was exchanged after the hardware vouched for it',
    check: 'runtime-data',
    reason: 'runtime-data-mismatch',
    vtpm: {
      hclReport: withStrangersKey,
      sign: (message) => signPkcs1(message, stranger.privateKey),
    },
  },
  {
    when: 'the attestation key was exchanged and signed nothing',
    check: 'runtime-data',
    reason: 'runtime-data-mismatch',
    vtpm: { hclReport: withStrangersKey },
  },
  {
    when: 'the paravisor kept another report',
    check: 'runtime-data',
    reason: 'runtime-data-mismatch',
    vtpm: {
      kept: withByte(
        () => 0x1f0,
        (before) => before ^ 1,
      ),
    },
  },
]
