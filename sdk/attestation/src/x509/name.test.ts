import { expect, it } from 'vitest'
import { readDer } from './der.ts'
import { readName, sameName } from './name.ts'

const element = (tag: number, ...content: Uint8Array[]) => {
  const bytes = Buffer.concat(content)
  return Buffer.concat([Buffer.from([tag, bytes.length]), bytes])
}

function named(...commonNames: string[]) {
  const attributes = commonNames.map((name) => {
    const type = Buffer.from('0603550403', 'hex')
    return element(0x31, element(0x30, type, element(0x0c, Buffer.from(name))))
  })
  return readName(readDer(element(0x30, ...attributes)))
}

it('a name with two common names has none: two readers could each take another one', () => {
  expect(named('SEV-VCEK').commonName).toBe('SEV-VCEK')
  expect(named('SEV-VCEK', 'SEV-VLEK').commonName).toBeNull()
  expect(named().commonName).toBeNull()
})

it('a name longer than any is none: its spaces would fill a line of a terminal, and the rest would read like another', () => {
  expect(named('x'.repeat(64)).commonName).toBe('x'.repeat(64))
  expect(named('x'.repeat(65)).commonName).toBeNull()
})

it('names are the same byte for byte only', () => {
  expect(sameName(named('SEV-Genoa'), named('SEV-Genoa'))).toBe(true)
  expect(sameName(named('SEV-Genoa'), named('SEV-genoa'))).toBe(false)
  expect(sameName(named('SEV-Genoa'), named(' SEV-Genoa'))).toBe(false)
})
