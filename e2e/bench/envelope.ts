/**
 * Speed and memory of the envelope on one thread, as ratios to what OpenSSL itself does on this machine at this moment:
 * `node --conditions=source e2e/bench/envelope.ts`. Absolute numbers mean little elsewhere, the ratios do.
 */
import { spawn } from 'node:child_process'
import { randomBytes, sealStream, unsealStream } from '@reinraum/crypto'

const gigabyte = 1_000_000_000
const piece = randomBytes(1_000_000)
const options = { key: randomBytes(32), context: randomBytes(32) }
const rounds = 3
const targets = { sealing: 0.2, unsealing: 0.3 }

interface Round {
  readonly openssl: number
  readonly sealing: number
  readonly unsealing: number
}

function* plaintext(length: number): Generator<Uint8Array> {
  for (let at = 0; at < length; at += piece.length) yield piece.subarray(0, Math.min(piece.length, length - at))
}

/** Seals a message and unseals it as it comes, both as streams, and tells the two apart by the clock: bytes per second. */
async function sealAndUnseal(length: number): Promise<Omit<Round, 'openssl'>> {
  let sealing = 0
  async function* sealedWithClock(): AsyncGenerator<Uint8Array> {
    const sealed = sealStream(plaintext(length), options)
    for (;;) {
      const started = performance.now()
      const next = await sealed.next()
      sealing += performance.now() - started
      if (next.done) return
      yield next.value
    }
  }
  const started = performance.now()
  let unsealed = 0
  for await (const part of unsealStream(sealedWithClock(), options)) unsealed += part.length
  if (unsealed !== length) throw new Error('the message came out with another length')
  const unsealing = performance.now() - started - sealing
  return { sealing: (length / sealing) * 1000, unsealing: (length / unsealing) * 1000 }
}

/** Bytes per second of `openssl speed`, one process, one thread. */
async function opensslSpeed(): Promise<number> {
  const child = spawn('openssl', ['speed', '-evp', 'aes-256-gcm', '-bytes', '16384', '-seconds', '1'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const exit = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  let output = ''
  for await (const text of child.stdout.setEncoding('utf8')) output += text
  const kilobytes = /^AES-256-GCM\s+([0-9.]+)k/m.exec(output)?.[1]
  if ((await exit) !== 0 || kilobytes === undefined) throw new Error('openssl speed gave no figure')
  return Number(kilobytes) * 1000
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

/** Peak resident memory of this process so far, in MB. */
function peakMemory(): number {
  return (process.resourceUsage().maxRSS * 1024) / 1e6
}

/** Ratios are taken within a round, seconds apart, so that a busy neighbour slows both sides of the division. */
async function main(): Promise<void> {
  await sealAndUnseal(gigabyte / 10)
  const peakOfTenth = peakMemory()
  const measured: Round[] = []
  for (let round = 0; round < rounds; round += 1) {
    measured.push({ openssl: await opensslSpeed(), ...(await sealAndUnseal(gigabyte)) })
  }
  const speed = (side: keyof Round): string => `${(median(measured.map((round) => round[side])) / 1e9).toFixed(2)} GB/s`
  console.log(`Envelope, 1 GB as a stream, one thread, median of ${rounds} rounds`)
  console.log(`openssl speed   ${speed('openssl')}  AES-256-GCM, 16 KiB`)
  for (const side of ['sealing', 'unsealing'] as const) {
    const ratio = median(measured.map((round) => round[side] / round.openssl))
    const verdict = ratio >= targets[side] ? 'reached' : 'missed'
    console.log(`${side.padEnd(15)} ${speed(side)}  ratio ${ratio.toFixed(2)}  target ${targets[side].toFixed(2)} ${verdict}`)
  }
  console.log(`peak memory     ${peakMemory().toFixed(0)} MB after 1 GB, ${peakOfTenth.toFixed(0)} MB after 0.1 GB`)
}

await main()
