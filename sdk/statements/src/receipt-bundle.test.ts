import { canonicalBytes, digestId, fromUtf8, utf8 } from '@reinraum/crypto'
import { beforeAll, expect, test } from 'vitest'
import { verifyRunBundle } from './bundle/verify-run-bundle.ts'
import type { Manifest } from './kinds/manifest.ts'
import { manifestCoreContext } from './manifest-core-context.ts'
import { type JwsObject, receiptBundleSchema } from './receipt-bundle.ts'
import { contractOf, createParties, createRoom, manifestOf, now, type Room } from './testing/room.ts'

let room: Room
beforeAll(async () => {
  room = await createRoom(await createParties())
})
const objectOf = (bytes: Uint8Array | undefined) => JSON.parse(fromUtf8(bytes ?? new Uint8Array())) as JwsObject
const bytesOf = (jws: JwsObject) => canonicalBytes(jws)

test('statements in a receipt bundle verify again once they are bytes', async () => {
  const { bundle } = room
  const receipt = objectOf(bundle.run)
  const parsed = receiptBundleSchema.parse({
    kind: 'reinraum/receipt-bundle/v1',
    contract: objectOf(bundle.contract),
    query: objectOf(bundle.query),
    run: objectOf(bundle.run),
    decisions: bundle.decisions.map(objectOf),
    manifests: bundle.manifests.map(objectOf),
    releases: [receipt],
    evidence: { tee: 'snp', report: 'AAAA', certificates: ['AAAA'], crls: [] },
    receipt,
  })
  const again = await verifyRunBundle(
    {
      contract: bytesOf(parsed.contract),
      query: bytesOf(parsed.query),
      run: bytesOf(parsed.run),
      decisions: parsed.decisions.map(bytesOf),
      manifests: parsed.manifests.map(bytesOf),
      revocations: [],
    },
    { now },
  )
  expect(again.run.id).toBe(room.run)
  expect(receiptBundleSchema.safeParse({ ...parsed, extra: 1 }).success).toBe(false)
  expect(receiptBundleSchema.safeParse({ ...parsed, receipt: { ...receipt, header: {} } }).success).toBe(false)
})

test('the envelope context commits to contract, slot, version and schema, and to nothing that is known only later', async () => {
  const [slot] = contractOf(room.parties).slots
  if (!slot) throw new Error('no slot')
  const manifest = manifestOf(room.contract, slot)
  const { contract, schema, version } = manifest
  const context = manifestCoreContext(manifest)
  expect(context).toEqual(utf8(digestId(canonicalBytes({ contract, schema, slot: slot.id, version }))))
  const grown: Manifest = { ...manifest, rowCount: 1, object: room.contract }
  expect(manifestCoreContext(grown)).toEqual(context)
  const columns = [{ name: 'other', type: 'DATE' as const }]
  for (const change of [{ contract: room.query }, { slot: 'other' }, { version: 2 }, { schema: { columns } }]) {
    expect(manifestCoreContext({ ...manifest, ...change })).not.toEqual(context)
  }
})
