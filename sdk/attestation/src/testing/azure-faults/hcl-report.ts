import { hclOffsets } from '../../azure/hcl-layout.ts'
import { type AzureFault, withByte, withU32 } from './fault.ts'

const hcl = (when: string, hclReport: (report: Uint8Array) => Uint8Array): AzureFault => ({
  when,
  check: 'hcl-report',
  reason: 'hcl-report-malformed',
  vtpm: { hclReport },
})

export const hclFaults: readonly AzureFault[] = [
  hcl(
    'it does not begin as one',
    withU32(hclOffsets.signature, (before) => before + 1),
  ),
  hcl(
    'it is of version 0',
    withU32(hclOffsets.version, () => 0),
  ),
  hcl(
    'it is of version 3',
    withU32(hclOffsets.version, () => 3),
  ),
  hcl(
    'it says that it is longer',
    withU32(hclOffsets.reportSize, (before) => before + 1),
  ),
  hcl(
    'it says that it is shorter',
    withU32(hclOffsets.reportSize, (before) => before - 1),
  ),
  hcl(
    'it answers another request',
    withU32(hclOffsets.requestType, () => 1),
  ),
  hcl(
    'it reports a failure',
    withU32(hclOffsets.status, () => 1),
  ),
  hcl(
    'a reserved byte is set',
    withU32(hclOffsets.reserved + 8, () => 0x01000000),
  ),
  hcl(
    'its data is longer than the runtime data',
    withU32(hclOffsets.dataSize, (before) => before + 1),
  ),
  hcl(
    'its data is of another version',
    withU32(hclOffsets.dataVersion, () => 2),
  ),
  hcl(
    'it is for TDX',
    withU32(hclOffsets.reportType, () => 4),
  ),
  hcl(
    'it is for no hardware',
    withU32(hclOffsets.reportType, () => 3),
  ),
  hcl(
    'its hash is SHA-384',
    withU32(hclOffsets.hashType, () => 2),
  ),
  hcl(
    'its runtime data is longer than it is',
    withU32(hclOffsets.runtimeDataLength, () => 0xffffffff),
  ),
  hcl(
    'its runtime data is empty',
    withU32(hclOffsets.runtimeDataLength, () => 0),
  ),
  hcl(
    'its last byte is set',
    withByte(
      (length) => length - 1,
      () => 1,
    ),
  ),
  hcl('it is cut short', (report) => report.subarray(0, hclOffsets.runtimeData + 10)),
  hcl('it is cut within its header', (report) => report.subarray(0, 20)),
  hcl('it is longer than any', (report) => Uint8Array.of(...report, ...new Uint8Array(4097 - report.length))),
]

const runtime = (when: string, runtimeData: (text: string) => string): AzureFault => ({
  when: `the runtime data ${when}`,
  check: 'hcl-report',
  reason: 'hcl-report-malformed',
  vtpm: { runtimeData },
})

export const attestationKeyFaults: readonly AzureFault[] = [
  runtime('is no JSON', (text) => text.slice(1)),
  runtime('names its keys twice', (text) => text.replace('{', '{"keys":[],')),
  runtime('holds no keys', (text) => text.replace('"keys"', '"others"')),
  runtime('names no attestation key', (text) => text.replace('HCLAkPub', 'HCLOther')),
  runtime('names two attestation keys', (text) => text.replace('HCLEkPub', 'HCLAkPub')),
  runtime('names a key of another kind', (text) => text.replace('"RSA"', '"EC"')),
  runtime('names a key of another exponent', (text) => text.replace('"AQAB"', '"Aw"')),
  runtime('names a shorter key', (text) => text.replace(/..("},\{"kid":"HCLEkPub")/, '$1')),
  runtime('names a key with a leading zero', (text) => text.replace(/"n":"../, '"n":"AA')),
]
