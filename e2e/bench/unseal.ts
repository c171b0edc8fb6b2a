import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomBytes, sealedLength } from '@reinraum/crypto'
import { createEnvelopeThreads } from '@reinraum/envelope'
import { opensslSpeed } from './openssl-speed.ts'

// Unsealing and sealing in two threads, as ratios to what OpenSSL does on one: a file in the page cache → memory, → a file in
// memory; → a file in memory that was written before; memory → nowhere. Usage: node --conditions=source e2e/bench/unseal.ts
// [megabytes]. Rates are by the clock, so this wants a quiet machine; the ratio by processor time says what two free processors
// would do, when they are not.

const rounds = 5
/** 1.2 times half of the rate of one thread. */
const limit = 1.2 * 0.5
const plaintextLength = Number(process.argv[2] ?? 512) * 1e6
const ciphertextLength = sealedLength(plaintextLength)
const whole = [{ offset: 0, length: plaintextLength }]
const piece = randomBytes(1_000_000)
const options = { key: randomBytes(32), context: randomBytes(32) }

const threads = createEnvelopeThreads({ threads: 2 })
const folder = await mkdtemp(join(tmpdir(), 'reinraum-bench-'))
const memoryFolder = await mkdtemp('/dev/shm/reinraum-bench-')
const file = join(folder, 'sealed')
const plain = join(memoryFolder, 'plain')
try {
  await writeSealed()
  const envelope = await threads.open({ file }, ciphertextLength, options)
  const memory = new SharedArrayBuffer(plaintextLength)
  const ways: Readonly<Record<string, () => Promise<void>>> = {
    'unseal into memory': () => envelope.unsealInto(memory, whole),
    'unseal into a new file': async () => {
      await rm(plain, { force: true })
      await intoFile('w')
    },
    'unseal over a file': () => intoFile('r+'),
    seal: async () => {
      for await (const _ of threads.seal(plaintext(), options));
    },
  }
  async function intoFile(flags: string): Promise<void> {
    const target = await open(plain, flags)
    await envelope.unsealInto(target.fd, whole)
    await target.close()
  }
  const rates: { readonly name: string; readonly rate: number; readonly ratio: number; readonly byProcessor: number }[] = []
  for (let round = 0; round <= rounds; round += 1) {
    // Within a round, seconds apart: whatever slows the machine slows both sides of the division. The first one only warms up.
    const openssl = opensslSpeed()
    if (round > 0) rates.push({ name: 'openssl speed', rate: openssl, ratio: 1, byProcessor: 1 })
    for (const [name, work] of Object.entries(ways)) {
      const [started, before] = [performance.now(), process.cpuUsage()]
      await work()
      const rate = plaintextLength / ((performance.now() - started) / 1000)
      const { user, system } = process.cpuUsage(before)
      const byProcessor = (2 * plaintextLength) / ((user + system) / 1e6) / openssl
      if (round > 0) rates.push({ name, rate, ratio: rate / openssl, byProcessor })
    }
  }
  await envelope.close()
  console.log(
    `${plaintextLength / 1e6} MB with two threads, median of ${rounds} rounds; the limit for unsealing is ${limit.toFixed(2)}`,
  )
  for (const name of ['openssl speed', ...Object.keys(ways)]) {
    const own = rates.filter((one) => one.name === name)
    const ratio = median(own.map((one) => one.ratio))
    const verdict = name.startsWith('unseal') ? (ratio >= limit ? 'reached' : 'missed') : ''
    const rate = `${(median(own.map((one) => one.rate)) / 1e9).toFixed(2)} GB/s`
    const byProcessor = median(own.map((one) => one.byProcessor))
    console.log(
      `${name.padEnd(24)} ${rate}   ratio ${ratio.toFixed(2)}   by processor time ${byProcessor.toFixed(2)}   ${verdict}`,
    )
  }
} finally {
  await threads.close()
  await rm(folder, { recursive: true, force: true })
  await rm(memoryFolder, { recursive: true, force: true })
}

function* plaintext(): Generator<Uint8Array> {
  for (let at = 0; at < plaintextLength; at += piece.length) yield piece.subarray(0, Math.min(piece.length, plaintextLength - at))
}

async function writeSealed(): Promise<void> {
  const out = createWriteStream(file)
  for await (const part of threads.seal(plaintext(), options)) if (!out.write(part)) await once(out, 'drain')
  out.end()
  await once(out, 'finish')
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
