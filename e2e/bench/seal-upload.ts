import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, open, rm, stat, writeFile } from 'node:fs/promises'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { completeFile, sealDataset, sealFile, uploadCiphertext, uploadWhileWritten } from '@reinraum/client'
import { createSha256, randomBytes, sealStream, toBase64url, toHex, unsealStream } from '@reinraum/crypto'
import { createEnvelopeThreads, type EnvelopeThreads } from '@reinraum/envelope'
import { startRoom } from '@reinraum/local'
import { type Manifest, signStatement } from '@reinraum/statements'
import { type CleanRoom, openCleanRoom } from '../harness/clean-room.ts'

// What it costs to seal and upload at once, against encrypting the same Parquet bytes to /dev/null, in one thread and in two as
// sealing does it; then all of `dataset seal`, which reads and encodes the file besides. Rounds alternate and the best of each
// counts: ratios, not absolute times. The executor of the room and its key services run beside.
// Usage: node --conditions=source e2e/bench/seal-upload.ts [megabytes of Parquet] [rounds]

const bytes = Number(process.argv[2] ?? 200) * 1e6
const rounds = Number(process.argv[3] ?? 3)
const schema = {
  columns: [
    { name: 'person', type: 'VARCHAR' as const },
    { name: 'district', type: 'VARCHAR' as const },
    { name: 'cost', type: 'BIGINT' as const },
    { name: 'note', type: 'VARCHAR' as const },
  ],
}
const directory = await mkdtemp(join(tmpdir(), 'reinraum-bench-'))
const local = await startRoom({
  directory: join(directory, 'room'),
  keyServices: [
    { id: 'health-keys', custody: 'owner', operator: 'health' },
    { id: 'shared-keys', custody: 'attested' },
  ],
})
try {
  const clean = await openCleanRoom(local, join(directory, 'parties'))
  const parquet = await writeParquet()
  const { size } = await stat(parquet)
  const ways: readonly (readonly [string, () => Promise<void>])[] = [
    ['encrypt, one thread', () => encrypt(sealStream(plaintext(parquet), envelope()))],
    ['encrypt, two threads', () => inThreads((threads) => encrypt(threads.seal(plaintext(parquet), envelope())))],
    ['seal and upload', () => inThreads((threads) => sealAndUpload(clean, threads.seal(plaintext(parquet), envelope())))],
    ['dataset seal', () => sealWhole(clean, parquet)],
  ]
  const best = ways.map(() => Number.POSITIVE_INFINITY)
  for (let round = 0; round < rounds; round++) {
    for (const [index, [, run]] of ways.entries()) {
      const started = performance.now()
      await run()
      best[index] = Math.min(best[index] ?? 0, (performance.now() - started) / 1000)
    }
  }
  clean.close()
  const [one = 0, two = 0] = best
  const load = loadavg()[0]?.toFixed(1)
  console.log(`${(size / 1e6).toFixed(0)} MB of Parquet on ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, load ${load}\n`)
  console.log('                       MB/s   ratio to one thread   to two   (to reach: 0.5)')
  for (const [index, [name]] of ways.entries()) {
    const seconds = best[index] ?? 0
    const cells = [(size / 1e6 / seconds).toFixed(0), (one / seconds).toFixed(2), (two / seconds).toFixed(2)]
    console.log(`${name.padEnd(20)}  ${cells.map((cell, i) => cell.padStart([5, 17, 15][i] ?? 0)).join('')}`)
  }
} finally {
  await local.stop()
  await rm(directory, { recursive: true, force: true })
}

function envelope() {
  return { key: randomBytes(32), context: randomBytes(32) }
}

async function inThreads(use: (threads: EnvelopeThreads) => Promise<void>): Promise<void> {
  const threads = createEnvelopeThreads({ threads: 2 })
  try {
    await use(threads)
  } finally {
    await threads.close()
  }
}

async function encrypt(ciphertext: AsyncIterable<Uint8Array>): Promise<void> {
  const out = await open('/dev/null', 'w')
  for await (const chunk of ciphertext) await out.writeFile(chunk)
  await out.close()
}

function plaintext(parquet: string): AsyncIterable<Uint8Array> {
  return createReadStream(parquet, { highWaterMark: 1 << 20 })
}

/** As `dataset seal` does it, without reading and encoding. */
async function sealAndUpload(
  { sessions: { health }, contract }: CleanRoom,
  ciphertext: AsyncIterable<Uint8Array>,
): Promise<void> {
  const path = join(directory, 'ciphertext')
  const place = { contract: contract.bytes, slot: 'visits', name: randomBytes(16) }
  const upload = uploadWhileWritten(health, place, path, { onProgress: () => undefined, signal: undefined })
  const hash = createSha256()
  let length = 0
  const out = await open(path, 'w')
  for await (const chunk of ciphertext) {
    hash.update(chunk)
    await out.writeFile(chunk)
    length += chunk.length
    upload.grown(length)
  }
  await out.sync()
  await out.close()
  upload.complete()
  const manifest: Manifest = {
    kind: 'reinraum/manifest/v1',
    contract: contract.id,
    slot: 'visits',
    version: 1,
    schema,
    by: 'health',
    rowCount: 1,
    object: `sha256:${toHex(hash.digest())}`,
    length,
    envelope: 'c2sp-cobblestone-256',
    keyCheck: toBase64url(randomBytes(32)),
    key: toBase64url(randomBytes(16)),
    createdAt: new Date().toISOString(),
  }
  const signed = await signStatement(manifest, health.signer)
  await upload.ended
  await uploadCiphertext(health, { ...place, file: completeFile(path, length) }, signed)
}

async function sealWhole({ sessions: { health }, contract }: CleanRoom, file: string): Promise<void> {
  await sealDataset(health, { contract, slot: 'visits', file, stateDirectory: join(directory, 'state') })
}

/** Of rows that do not compress. */
async function writeParquet(): Promise<string> {
  const [csv, sealed, parquet] = ['rows.csv', 'rows.sealed', 'rows.parquet'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ]
  const out = createWriteStream(csv)
  out.write('person,district,cost,note\n')
  // 48 bytes of the row's 64 are random, and stay what they are.
  for (let written = 0; written < bytes; ) {
    const random = Buffer.from(randomBytes(48 * 5000)).toString('base64url')
    let block = ''
    for (let i = 0; i < 5000; i++) block += `p${i},north,${i % 900},${random.slice(i * 64, i * 64 + 64)}\n`
    written += 5000 * 50
    if (!out.write(block)) await once(out, 'drain')
  }
  out.end()
  await once(out, 'finish')
  const key = envelope()
  await sealFile({ file: csv, schema, target: sealed, ...key })
  await writeFile(parquet, unsealStream(createReadStream(sealed), key))
  await rm(csv)
  await rm(sealed)
  return parquet
}
