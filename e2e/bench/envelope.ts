/**
 * Speed and memory of the envelope on one thread, as ratios to what OpenSSL itself does on this machine at this moment:
 * `node --conditions=source e2e/bench/envelope.ts`. Absolute numbers mean little elsewhere, the ratios do.
 */
import { randomBytes, sealStream, unsealStream } from '@reinraum/crypto'
import { opensslSpeed } from './openssl-speed.ts'

const gigabyte = 1_000_000_000
const piece = randomBytes(1_000_000)
const options = { key: randomBytes(32), context: randomBytes(32) }
const rounds = 3
const targets = { sealing: 0.2, unsealing: 0.3 }

interface Round {
  readonly openssl: number
  readonly sealing: number
  readonly unsealing: number
  /** Processor time of other threads, as a share of this one's. */
  readonly elsewhere: number
}

function* plaintext(length: number): Generator<Uint8Array> {
  for (let at = 0; at < length; at += piece.length) yield piece.subarray(0, Math.min(piece.length, length - at))
}

/** Seconds of a processor, from either reading of it. */
function seconds({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1e6
}

/**
 * Processor time of this thread. `openssl speed` counts its processor time too, so that a busy machine does not bend
 * the ratio. What the garbage collector does on other threads meanwhile is printed on a line of its own.
 */
function threadTime(): number {
  return seconds(process.threadCpuUsage())
}

/** Seals a message and unseals it as it comes, both as streams, and tells the two apart by the clock: bytes per second. */
async function sealAndUnseal(length: number): Promise<Omit<Round, 'openssl'>> {
  let sealing = 0
  const whole = process.cpuUsage()
  async function* sealedWithClock(): AsyncGenerator<Uint8Array> {
    const sealed = sealStream(plaintext(length), options)
    for (;;) {
      const started = threadTime()
      const next = await sealed.next()
      sealing += threadTime() - started
      if (next.done) return
      yield next.value
    }
  }
  const started = threadTime()
  let unsealed = 0
  for await (const part of unsealStream(sealedWithClock(), options)) unsealed += part.length
  if (unsealed !== length) throw new Error('the message came out with another length')
  const both = threadTime() - started
  const elsewhere = Math.max(0, seconds(process.cpuUsage(whole)) / both - 1)
  return { sealing: length / sealing, unsealing: length / (both - sealing), elsewhere }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

/** Peak resident memory of this process so far, in MB. */
function peakMemory(): number {
  return (process.resourceUsage().maxRSS * 1024) / 1e6
}

/** Ratios are taken within a round, seconds apart, so that whatever slows the processor slows both sides of the division. */
async function main(): Promise<void> {
  await sealAndUnseal(gigabyte / 10)
  const peakOfTenth = peakMemory()
  const measured: Round[] = []
  for (let round = 0; round < rounds; round += 1) {
    measured.push({ openssl: opensslSpeed(), ...(await sealAndUnseal(gigabyte)) })
  }
  const speed = (side: keyof Round): string => `${(median(measured.map((round) => round[side])) / 1e9).toFixed(2)} GB/s`
  console.log(`Envelope, 1 GB as a stream, by the processor time of one thread, median of ${rounds} rounds`)
  console.log(`openssl speed   ${speed('openssl')}  AES-256-GCM, 16 KiB`)
  for (const side of ['sealing', 'unsealing'] as const) {
    const ratio = median(measured.map((round) => round[side] / round.openssl))
    const verdict = ratio >= targets[side] ? 'reached' : 'missed'
    console.log(`${side.padEnd(15)} ${speed(side)}  ratio ${ratio.toFixed(2)}  target ${targets[side].toFixed(2)} ${verdict}`)
  }
  const elsewhere = median(measured.map((round) => round.elsewhere)) * 100
  console.log(`other threads   ${elsewhere.toFixed(0)} % more processor time, for the garbage collector`)
  console.log(`peak memory     ${peakMemory().toFixed(0)} MB after 1 GB, ${peakOfTenth.toFixed(0)} MB after 0.1 GB`)
}

await main()
