import { crc32 } from 'node:zlib'
import { create } from '@bufbuild/protobuf'
import { UploadPartSchema } from '@reinraum/proto'
import { expect, test } from 'vitest'
import { openPartWriter } from './part-writer.ts'
import { prepareUpload } from './testing/prepared.ts'
import { createRoom } from './testing/room.ts'
import { startIngestion } from './testing/service.ts'

test('the memory of a part is given back once it is written, and what lies beside other messages stays', async () => {
  const service = await startIngestion()
  const { uploadId } = await prepareUpload(service, await createRoom(), new Uint8Array(1))
  const row = await service.store.db.selectFrom('uploads').selectAll().where('id', '=', uploadId).executeTakeFirstOrThrow()
  const writer = await openPartWriter(service, row)
  const append = async (offset: number, data: Uint8Array<ArrayBuffer>) => {
    await writer.append(create(UploadPartSchema, { offset: BigInt(offset), data, checksum: crc32(data) }))
    return data.length
  }
  const message = new Uint8Array(100_060).fill(7)
  expect(await append(0, message.subarray(60))).toBe(0)
  const slab = new Uint8Array(8192).fill(9)
  expect(await append(100_000, slab.subarray(1000, 5000))).toBe(4000)
  expect(slab.every((byte) => byte === 9)).toBe(true)
  await writer.save()
  expect(writer.durable()).toBe(104_000)
})
