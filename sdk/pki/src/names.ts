import { isIPv4 } from 'node:net'
import * as asn1js from 'asn1js'
import * as pkijs from 'pkijs'

export function commonName(value: string): pkijs.RelativeDistinguishedNames {
  const name = new pkijs.AttributeTypeAndValue({ type: '2.5.4.3', value: new asn1js.Utf8String({ value }) })
  return new pkijs.RelativeDistinguishedNames({ typesAndValues: [name] })
}

// RFC 5280 §4.2.1.6: 2 dNSName, 6 uniformResourceIdentifier, 7 iPAddress
export function generalName(name: string): pkijs.GeneralName {
  if (name.includes('://')) return new pkijs.GeneralName({ type: 6, value: name })
  if (!isIPv4(name)) return new pkijs.GeneralName({ type: 2, value: name })
  const address = new asn1js.OctetString({ valueHex: Uint8Array.from(name.split('.').map(Number)).buffer })
  return new pkijs.GeneralName({ type: 7, value: address })
}

/** RFC 5280 appendix A: organizationName. Unlike a common name, nothing takes it for a host's. */
export function organizationName(value: string): pkijs.RelativeDistinguishedNames {
  const name = new pkijs.AttributeTypeAndValue({ type: '2.5.4.10', value: new asn1js.Utf8String({ value }) })
  return new pkijs.RelativeDistinguishedNames({ typesAndValues: [name] })
}
