import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { open, rm, stat, writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { completeFile, sealDataset, sealFile, uploadCiphertext, uploadWhileWritten } from '@reinraum/client'
import { createSha256, randomBytes, sealStream, toBase64url, toHex, unsealStream } from '@reinraum/crypto'
import { createEnvelopeThreads, type EnvelopeThreads } from '@reinraum/envelope'
import { type Manifest, signStatement } from '@reinraum/statements'
import { type CleanRoom, openCleanRoom } from '../harness/clean-room.ts'
import { inRoom } from './in-room.ts'

// What it costs to seal and upload at once, against encrypting the same Parquet bytes to /dev/null, in one thread and in two as
// sealing does it; then all of `dataset seal`, which reads and encodes the file besides. Rounds alternate and the best of each
// counts: ratios, not absolute times. The executor of the room and its key services run beside.
// Usage: node --conditions=source e2e/bench/seal-upload.ts [megabytes of Parquet] [rounds]

const schema = {
  columns: [
    { name: 'person', type: 'VARCHAR' as const },
    { name: 'district', type: 'VARCHAR' as const },
    { name: 'cost', type: 'BIGINT' as const },
    { name: 'note', type: 'VARCHAR' as const },
  ],
}
/** The best of the rounds, bytes of Parquet per second. */
export interface SealUploadRates {
  readonly bytes: number
  /** a file beside the file, on disk at the end */
  readonly copy: number
  readonly encryptInOneThread: number
  /** as sealing does it */
  readonly encrypt: number
  readonly sealAndUpload: number
  /** with reading and encoding */
  readonly datasetSeal: number
}

export async function measureSealUpload(megabytes: number, rounds: number): Promise<SealUploadRates> {
  return inRoom(async (local, directory) => {
    const clean = await openCleanRoom(local, join(directory, 'parties'))
    const parquet = await writeParquet(directory, megabytes * 1e6)
    const { size } = await stat(parquet)
    const ways: Readonly<Record<Exclude<keyof SealUploadRates, 'bytes'>, () => Promise<void>>> = {
      copy: () => copy(parquet, join(directory, 'copy')),
      encryptInOneThread: () => encrypt(sealStream(plaintext(parquet), envelope())),
      encrypt: () => inThreads((threads) => encrypt(threads.seal(plaintext(parquet), envelope()))),
      sealAndUpload: () => inThreads((threads) => sealAndUpload(clean, directory, threads.seal(plaintext(parquet), envelope()))),
      datasetSeal: () => sealWhole(clean, directory, parquet),
    }
    const best: Record<string, number> = {}
    for (let round = 0; round < rounds; round++) {
      for (const [name, run] of Object.entries(ways)) {
        const started = performance.now()
        await run()
        best[name] = Math.max(best[name] ?? 0, size / ((performance.now() - started) / 1000))
      }
    }
    clean.close()
    const {
      copy: copied = 0,
      encryptInOneThread = 0,
      encrypt: encrypted = 0,
      sealAndUpload: uploaded = 0,
      datasetSeal = 0,
    } = best
    return { bytes: size, copy: copied, encryptInOneThread, encrypt: encrypted, sealAndUpload: uploaded, datasetSeal }
  })
}

async function copy(from: string, to: string): Promise<void> {
  const out = await open(to, 'w')
  for await (const piece of plaintext(from)) await out.writeFile(piece)
  await out.sync()
  await out.close()
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
  directory: string,
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

async function sealWhole({ sessions: { health }, contract }: CleanRoom, directory: string, file: string): Promise<void> {
  await sealDataset(health, { contract, slot: 'visits', file, stateDirectory: join(directory, 'state') })
}

/** Of rows that do not compress. */
async function writeParquet(directory: string, bytes: number): Promise<string> {
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

if (import.meta.main) {
  const rates = await measureSealUpload(Number(process.argv[2] ?? 200), Number(process.argv[3] ?? 3))
  const load = loadavg()[0]?.toFixed(1)
  console.log(
    `${(rates.bytes / 1e6).toFixed(0)} MB of Parquet on ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, load ${load}\n`,
  )
  console.log('                             MB/s   ratio to one thread   to two   (to reach: 0.5)')
  const names = {
    copy: 'plain copy',
    encryptInOneThread: 'encrypt, one thread',
    encrypt: 'encrypt, two threads',
    sealAndUpload: 'seal and upload',
    datasetSeal: 'dataset seal',
  } as const
  for (const [key, name] of Object.entries(names) as [keyof typeof names, string][]) {
    const rate = rates[key]
    const ratios = [rate / rates.encryptInOneThread, rate / rates.encrypt].map((ratio) => ratio.toFixed(2).padStart(12))
    console.log(`${name.padEnd(24)} ${(rate / 1e6).toFixed(0).padStart(8)} ${ratios.join(' ')}`)
  }
}
