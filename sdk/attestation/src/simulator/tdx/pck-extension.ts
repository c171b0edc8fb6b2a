import { Boolean as Asn1Boolean, type BaseBlock, Enumerated, Integer, ObjectIdentifier, OctetString, type Sequence } from 'asn1js'
import { der, sequence } from '../asn1.ts'
import type { ExtensionContent } from '../extensions.ts'

/** Intel SGX PCK Certificate and CRL Profile Specification, §1.3.5 */
export const sgxExtensionOid = '1.2.840.113741.1.13.1'

export interface PckExtensionContent {
  /** 16 bytes */
  readonly ppid: Uint8Array
  /** 16 numbers of 0 to 255 */
  readonly components: readonly number[]
  readonly pceSvn: number
  /** 16 bytes */
  readonly cpuSvn: Uint8Array
  /** 2 bytes */
  readonly pceId: Uint8Array
  /** 6 bytes */
  readonly fmspc: Uint8Array
  /** 0 standard, 1 scalable, 2 scalable with integrity */
  readonly sgxType: number
  /** 16 bytes; null leaves it and the configuration out, as under Intel's processor CA */
  readonly platformInstanceId: Uint8Array | null
  readonly configuration: { readonly dynamicPlatform: boolean; readonly cachedKeys: boolean; readonly smtEnabled: boolean }
}

export function pckExtension(content: PckExtensionContent): ExtensionContent {
  const { components, configuration, platformInstanceId } = content
  const tcb = [
    ...components.map((svn, index) => entry(`2.${index + 1}`, integer(svn))),
    entry('2.17', integer(content.pceSvn)),
    entry('2.18', octets(content.cpuSvn)),
  ]
  const platform =
    platformInstanceId === null
      ? []
      : [
          entry('6', octets(platformInstanceId)),
          entry(
            '7',
            sequence(
              entry('7.1', new Asn1Boolean({ value: configuration.dynamicPlatform })),
              entry('7.2', new Asn1Boolean({ value: configuration.cachedKeys })),
              entry('7.3', new Asn1Boolean({ value: configuration.smtEnabled })),
            ),
          ),
        ]
  const value = sequence(
    entry('1', octets(content.ppid)),
    entry('2', sequence(...tcb)),
    entry('3', octets(content.pceId)),
    entry('4', octets(content.fmspc)),
    entry('5', new Enumerated({ value: content.sgxType })),
    ...platform,
  )
  return { oid: sgxExtensionOid, critical: false, value: der(value) }
}

function entry(suffix: string, value: BaseBlock): Sequence {
  return sequence(new ObjectIdentifier({ value: `${sgxExtensionOid}.${suffix}` }), value)
}

function octets(valueHex: Uint8Array): OctetString {
  return new OctetString({ valueHex })
}

function integer(value: number): Integer {
  return Integer.fromBigInt(value)
}
