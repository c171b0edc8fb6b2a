import { Utf8String } from 'asn1js'
import { AttributeTypeAndValue, RelativeDistinguishedNames } from 'pkijs'
import { expect, it } from 'vitest'
import { readName, sameName } from './name.ts'

function named(...commonNames: string[]) {
  const typesAndValues = commonNames.map(
    (value) => new AttributeTypeAndValue({ type: '2.5.4.3', value: new Utf8String({ value }) }),
  )
  return readName(RelativeDistinguishedNames.fromBER(new RelativeDistinguishedNames({ typesAndValues }).toSchema().toBER()))
}

it('a name with two common names has none: two readers could each take another one', () => {
  expect(named('SEV-VCEK').commonName).toBe('SEV-VCEK')
  expect(named('SEV-VCEK', 'SEV-VLEK').commonName).toBeNull()
  expect(named().commonName).toBeNull()
})

it('names are the same byte for byte only', () => {
  expect(sameName(named('SEV-Genoa'), named('SEV-Genoa'))).toBe(true)
  expect(sameName(named('SEV-Genoa'), named('SEV-genoa'))).toBe(false)
  expect(sameName(named('SEV-Genoa'), named(' SEV-Genoa'))).toBe(false)
})
