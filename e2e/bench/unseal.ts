import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomBytes, sealedLength } from '@reinraum/crypto'
import { createEnvelopeThreads } from '@reinraum/envelope'
import { opensslSpeed } from './openssl-speed.ts'

// Unsealing and sealing in two threads, as ratios to what OpenSSL does on one: a file in the page cache → nowhere, which is what
// OpenSSL's own measurement writes to; → memory; → a file in memory, whose pages the system makes meanwhile; → a file in memory
// that was written before; sealing memory → nowhere. Usage: node --conditions=source e2e/bench/unseal.ts
// [megabytes]. Rates are by the clock, so this wants a quiet machine; the ratio by processor time says what two free processors
// would do, when they are not.

const rounds = 5
/** 1.2 times half of the rate of one thread. */
export const unsealLimit = 1.2 * 0.5
/** The way that the limit is for: the others do more than unseal. */
export const judged = 'unseal'
const piece = randomBytes(1_000_000)
const options = { key: randomBytes(32), context: randomBytes(32) }

/** Medians of the rounds. */
export interface EnvelopeRate {
  readonly name: string
  /** bytes per second */
  readonly rate: number
  /** to `openssl speed` in the same round, by the clock */
  readonly ratio: number
  readonly byProcessor: number
}

/** The first is `openssl speed` itself; those that unseal are named so. */
export async function measureEnvelope(megabytes: number): Promise<readonly EnvelopeRate[]> {
  const plaintextLength = megabytes * 1e6
  const ciphertextLength = sealedLength(plaintextLength)
  const whole = [{ offset: 0, length: plaintextLength }]
  const threads = createEnvelopeThreads({ threads: 2 })
  const folder = await mkdtemp(join(tmpdir(), 'reinraum-bench-'))
  const memoryFolder = await mkdtemp('/dev/shm/reinraum-bench-')
  const file = join(folder, 'sealed')
  const plain = join(memoryFolder, 'plain')
  try {
    await writeSealed(file, threads.seal(plaintext(plaintextLength), options))
    const envelope = await threads.open({ file }, ciphertextLength, options)
    const memory = new SharedArrayBuffer(plaintextLength)
    const intoFile = async (flags: string, path = plain) => {
      const target = await open(path, flags)
      await envelope.unsealInto(target.fd, whole)
      await target.close()
    }
    const ways: Readonly<Record<string, () => Promise<void>>> = {
      [judged]: () => intoFile('w', '/dev/null'),
      'unseal into memory': () => envelope.unsealInto(memory, whole),
      'unseal into a new file': async () => {
        await rm(plain, { force: true })
        await intoFile('w')
      },
      'unseal over a file': () => intoFile('r+'),
      seal: async () => {
        for await (const _ of threads.seal(plaintext(plaintextLength), options));
      },
    }
    const rates: EnvelopeRate[] = []
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
    return ['openssl speed', ...Object.keys(ways)].map((name) => medians(rates, name))
  } finally {
    await threads.close()
    await rm(folder, { recursive: true, force: true })
    await rm(memoryFolder, { recursive: true, force: true })
  }
}

function medians(rates: readonly EnvelopeRate[], name: string): EnvelopeRate {
  const own = rates.filter((one) => one.name === name)
  const of = (key: 'rate' | 'ratio' | 'byProcessor') => median(own.map((one) => one[key]))
  return { name, rate: of('rate'), ratio: of('ratio'), byProcessor: of('byProcessor') }
}

function* plaintext(length: number): Generator<Uint8Array> {
  for (let at = 0; at < length; at += piece.length) yield piece.subarray(0, Math.min(piece.length, length - at))
}

async function writeSealed(file: string, sealed: AsyncIterable<Uint8Array>): Promise<void> {
  const out = createWriteStream(file)
  for await (const part of sealed) if (!out.write(part)) await once(out, 'drain')
  out.end()
  await once(out, 'finish')
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

if (import.meta.main) {
  const megabytes = Number(process.argv[2] ?? 512)
  const limit = unsealLimit.toFixed(2)
  console.log(`${megabytes} MB with two threads, median of ${rounds} rounds; the limit for unsealing is ${limit}`)
  for (const { name, rate, ratio, byProcessor } of await measureEnvelope(megabytes)) {
    const verdict = name === judged ? (ratio >= unsealLimit ? 'reached' : 'missed') : ''
    const figures = `ratio ${ratio.toFixed(2)}   by processor time ${byProcessor.toFixed(2)}   ${verdict}`
    console.log(`${name.padEnd(24)} ${(rate / 1e9).toFixed(2)} GB/s   ${figures}`)
  }
}
