import { type BaseBlock, Constructed, GeneralizedTime, Sequence, UTCTime } from 'asn1js'

export function der(block: BaseBlock): Uint8Array {
  return new Uint8Array(block.toBER())
}

export function sequence(...value: BaseBlock[]): Sequence {
  return new Sequence({ value })
}

/** [n] EXPLICIT */
export function tagged(tagNumber: number, value: BaseBlock): Constructed {
  return new Constructed({ idBlock: { tagClass: 3, tagNumber }, value: [value] })
}

/** RFC 5280 §4.1.2.5: UTCTime through 2049, whole seconds. */
export function time(value: Date): BaseBlock {
  const valueDate = new Date(Math.floor(value.getTime() / 1000) * 1000)
  return valueDate.getUTCFullYear() < 2050 ? new UTCTime({ valueDate }) : new GeneralizedTime({ valueDate })
}
