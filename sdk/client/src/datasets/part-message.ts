import { crc32 } from 'node:zlib'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { UploadPartSchema, UploadPartsRequestSchema } from '@reinraum/proto'

const partBytes = 1 << 20
/** more than all fields but the data take */
const headBytes = 64

/** One `UploadPartsRequest` after another, in the same memory. */
export interface PartMessage {
  /** where the bytes of the next part are put */
  readonly data: Uint8Array
  /** The message whose part is the first `length` bytes of `data`; valid until `data` is written to again. */
  encode(offset: number, length: number): Uint8Array
}

/**
 * The general encoder would copy a part twice into memory of its own. V8 collects the whole heap for every 64 MiB of such
 * memory, which costs more than encrypting does.
 */
export function createPartMessage(): PartMessage {
  const buffer = new Uint8Array(headBytes + partBytes)
  const data = buffer.subarray(headBytes)
  const { offset: offsetField, data: dataField, checksum } = UploadPartSchema.field
  return {
    data,
    encode(offset, length) {
      const fields = new BinaryWriter()
        .tag(offsetField.number, WireType.Varint)
        .uint64(offset)
        .tag(checksum.number, WireType.Bit32)
        .fixed32(crc32(data.subarray(0, length)))
        .tag(dataField.number, WireType.LengthDelimited)
        .uint32(length)
        .finish()
      const head = new BinaryWriter()
        .tag(UploadPartsRequestSchema.field.part.number, WireType.LengthDelimited)
        .uint32(fields.length + length)
        .raw(fields)
        .finish()
      const start = headBytes - head.length
      buffer.set(head, start)
      return buffer.subarray(start, headBytes + length)
    },
  }
}
