import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { concatBytes } from '@reinraum/crypto'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parseEventLog } from '../event-log/parse-event-log.ts'
import { encodeEventLog } from '../simulator/tdx/event-log.ts'
import { events } from '../testing/simulated-tdx-evidence.ts'
import { hasVectors, readVector } from '../testing/vectors.ts'
import { readEventLogFile } from './event-log-file.ts'
import { nodeTsmFiles } from './tsm-files.ts'

async function readFrom(area: Uint8Array): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'reinraum-ccel-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'CCEL'), area)
  return readEventLogFile(nodeTsmFiles, join(folder, 'CCEL'))
}

const used = encodeEventLog(events, 0)
const filled = (byte: number, length: number) => concatBytes(used, new Uint8Array(length).fill(byte))

it.each([
  ['00', 0x00],
  ['FF', 0xff],
])('the unused rest of the area stays behind where it is all %s', async (_, byte) => {
  const log = await readFrom(filled(byte, 1_000_000))
  expect(log.length).toBeLessThan(used.length + 5000)
  expect(parseEventLog(log)).toEqual(parseEventLog(used))
  expect(parseEventLog(log)).toHaveLength(events.length)
})

it('an area without an unused rest is the log', async () => {
  expect(await readFrom(used)).toEqual(used)
  expect(await readFrom(filled(0xff, 64))).toEqual(filled(0xff, 64))
})

it('an event that ends in bytes of the fill keeps them', async () => {
  const data = new Uint8Array(4000).fill(0xff)
  const log = encodeEventLog([...events, { rtmr: 3, type: 5, data }], 500_000)
  expect(parseEventLog(await readFrom(log))?.at(-1)?.data).toEqual(data)
})

it('an empty area is an empty log', async () => {
  expect(await readFrom(new Uint8Array())).toHaveLength(0)
  expect((await readFrom(new Uint8Array(100_000).fill(0xff))).length).toBe(4096)
})

it('a log that no message carries is refused, and so is an area that is no log’s', async () => {
  await expect(readFrom(new Uint8Array(256 * 1024 + 1).fill(1))).rejects.toMatchObject({ code: 'malformed-evidence' })
  await expect(readFrom(new Uint8Array(8 * 1024 * 1024 + 1))).rejects.toMatchObject({ code: 'malformed-evidence' })
})

describe.skipIf(!hasVectors)('the areas of real guests', () => {
  it.each(['dstack-ccel.bin', 'go-eventlog_cos-113-intel-tdx.bin', 'trustee_CCEL_data', 'trustee_CCEL_data_gcp'])(
    '%s holds the same events without its unused rest',
    async (name) => {
      const area = readVector(`ccel/${name}`)
      const log = await readFrom(area)
      expect(log.length).toBeLessThan(128 * 1024)
      expect(parseEventLog(log)).toEqual(parseEventLog(area))
    },
  )
})
