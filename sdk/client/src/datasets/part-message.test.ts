import { crc32 } from 'node:zlib'
import { fromBinary } from '@bufbuild/protobuf'
import { randomBytes } from '@reinraum/crypto'
import { UploadPartsRequestSchema } from '@reinraum/proto'
import { expect, test } from 'vitest'
import { createPartMessage } from './part-message.ts'

test('a part in memory that is used again is the message that any protobuf reader reads', () => {
  const message = createPartMessage()
  for (const [offset, length] of [
    [0, 1 << 20],
    [2 ** 40 + 1, 1],
    [300, 127],
    [Number.MAX_SAFE_INTEGER, (1 << 20) - 1],
  ] as const) {
    const data = randomBytes(length)
    message.data.set(data)
    const { message: read } = fromBinary(UploadPartsRequestSchema, message.encode(offset, length))
    expect(read).toMatchObject({ case: 'part', value: { offset: BigInt(offset), checksum: crc32(data) } })
    expect(read.case === 'part' && Buffer.from(read.value.data).equals(data)).toBe(true)
  }
})
