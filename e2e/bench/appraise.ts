import { spawnSync } from 'node:child_process'
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify, X509Certificate } from 'node:crypto'
import { cpus } from 'node:os'
import {
  type AttestationResult,
  appraise,
  createSimulatedPlatform,
  createSimulatedTdxPlatform,
  type Endorsements,
  type Evidence,
  type ReferenceValuesInput,
  simulatedAttester,
  simulatedTdxAttester,
} from '@reinraum/attestation'

// What an appraisal costs beside the public-key operations that it cannot avoid: once with certificates, lists and collateral
// that were never seen, and again with the same ones. Certificates are issued anew for every sample (their signatures are
// random), so that nothing of an earlier one is remembered. Medians; appraisals and operations take turns one by one, so
// that neither has the processor's caches to itself.
// Usage: node --conditions=source e2e/bench/appraise.ts [samples]

const samples = Number(process.argv[2] ?? 60)
/** before anything is timed: new evidence, and the same again, as in a service that has been running for a while */
const warmUps = { fresh: 100, same: 3000 }
/** appraisals of the same evidence in each sample */
const again = 100
const measurement = '5a'.repeat(48)
const zero = '00'.repeat(48)
const reportData = new Uint8Array(64).fill(7)
const now = new Date()

/** milliseconds */
type Timed = Record<'cold' | 'warm' | 'all' | 'own', number[]>

interface Sample {
  readonly evidence: Evidence
  readonly endorsements: Endorsements
  readonly reference: ReferenceValuesInput
}

/**
 * Fresh evidence, and the operations that appraising it cannot avoid, decoding a key and verifying with one: all of them, and
 * those of report or quote.
 */
interface Subject {
  readonly name: string
  readonly make: () => Promise<Sample>
  readonly all: readonly (() => void)[]
  readonly own: readonly (() => void)[]
}

const makers = { snp, tdx }
const [, script = '', , kind] = process.argv
if (kind === undefined) {
  // Each kind in a process of its own: what one teaches the engine about the shared code slows the other.
  for (const name of Object.keys(makers)) {
    const { status } = spawnSync(process.execPath, [...process.execArgv, script, String(samples), name], { stdio: 'inherit' })
    if (status !== 0) process.exit(status ?? 1)
  }
  console.log(`\n${samples} samples each on ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}`)
} else {
  const subject = await makers[kind as keyof typeof makers]()
  for (let i = 0; i < warmUps.fresh; i++) await judge(await subject.make())
  const first = await subject.make()
  for (let i = 0; i < warmUps.same; i++) await judge(first)
  const timed: Timed[] = []
  for (let i = 0; i < samples; i++) {
    const sample = await subject.make()
    const timing: Timed = { cold: [await cost(() => judge(sample))], warm: [], all: [], own: [] }
    timing.all.push(await cost(() => subject.all.forEach((operate) => void operate())))
    for (let turn = 0; turn < again; turn++) {
      timing.warm.push(await cost(() => judge(sample)))
      timing.own.push(await cost(() => subject.own.forEach((operate) => void operate())))
    }
    timed.push(timing)
  }
  report(subject, timed)
}
async function judge({ evidence, endorsements, reference }: Sample): Promise<void> {
  const result: AttestationResult = await appraise(evidence, endorsements, reference, { reportData }, now)
  if (result.status !== 'affirming') throw new Error(`the evidence should hold: ${result.reasons.join(', ')}`)
}

/** Chain of three, revocation list, report. */
async function snp(): Promise<Subject> {
  const platform = await createSimulatedPlatform({ now })
  const same = <T>(content: T): T => content
  const overrides = { ark: same, ca: same, vek: same, crl: same }
  const certificate = (der: string) => new X509Certificate(Buffer.from(der, 'base64url'))
  const [ark, ask, vek] = (['ark', 'ask', 'vcek'] as const).map((name) => certificate(platform.certificates[name]))
  if (ark === undefined || ask === undefined || vek === undefined) throw new Error('a platform has three certificates')
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const signed = new Uint8Array(0x2a0)
  const signature = sign('sha384', signed, { key: ec.privateKey, dsaEncoding: 'ieee-p1363' })
  const reportSignature = () => verify('sha384', signed, { key: ec.publicKey, dsaEncoding: 'ieee-p1363' }, signature)
  // The list is signed with the same key and algorithm as the certificates of the root.
  const rsa = [() => ark.verify(ark.publicKey), () => ask.verify(ark.publicKey), () => vek.verify(ask.publicKey)]
  return {
    name: 'SEV-SNP',
    make: async () => {
      const made = await simulatedAttester(platform, { measurement, overrides }).getEvidence(reportData)
      const root = made.endorsements.certificates[2] ?? new Uint8Array(0)
      const roots = [{ product: platform.product, sha256: sha256(root), simulated: true }]
      return { ...made, reference: { snp: { roots, measurements: [measurement] } } }
    },
    all: [...keysOf(ark, ask, vek), ...rsa, () => ark.verify(ark.publicKey), reportSignature],
    own: [reportSignature],
  }
}

/** Root, authority, PCK, signer of the collateral, two lists, two texts; then quoting enclave, its key, and the quote. */
async function tdx(): Promise<Subject> {
  const platform = await createSimulatedTdxPlatform({ now })
  const same = <T>(content: T): T => content
  const overrides = { root: same, platformCa: same, pck: same, tcbSigning: same, rootCrl: same, pckCrl: same }
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const point = publicKey.export({ format: 'jwk' })
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  const signed = new Uint8Array(632)
  const signature = sign('sha256', signed, { key: privateKey, dsaEncoding: 'ieee-p1363' })
  const verifies = (key: KeyObject) => verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, signature)
  const own = [() => verifies(publicKey), () => verifies(createPublicKey({ key: point, format: 'jwk' }))]
  return {
    name: 'TDX',
    make: async () => {
      let root = ''
      const found = {
        ...overrides,
        quoteChain: (chain: readonly Uint8Array[]) => {
          root = sha256(chain[2] ?? new Uint8Array(0))
          return chain
        },
      }
      const made = await simulatedTdxAttester(platform, { mrtd: measurement, overrides: found }).getEvidence(reportData)
      return {
        ...made,
        reference: { tdx: { roots: [{ sha256: root, simulated: true }], mrtd: [measurement], rtmr1: [zero], rtmr2: [zero] } },
      }
    },
    all: [
      ...Array.from({ length: 4 }, () => () => decode(spki)),
      ...Array.from({ length: 8 }, () => () => verifies(publicKey)),
      ...own,
    ],
    own,
  }
}

function keysOf(...certificates: readonly X509Certificate[]): (() => void)[] {
  return certificates.map(({ publicKey }) => {
    const spki = publicKey.export({ format: 'der', type: 'spki' })
    return () => decode(spki)
  })
}

function decode(spki: Buffer): KeyObject {
  return createPublicKey({ key: spki, format: 'der', type: 'spki' })
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** @returns milliseconds; too short for the clock of processor time, so what other processes take is left to the median */
async function cost(operate: () => unknown): Promise<number> {
  const started = performance.now()
  await operate()
  return performance.now() - started
}

function report({ name, all, own }: Subject, timed: readonly Timed[]): void {
  const median = (which: keyof Timed) => {
    const values = timed.flatMap((t) => t[which]).sort((a, b) => a - b)
    return values[Math.floor(values.length / 2)] ?? 0
  }
  const row = (what: string, value: number, operations: number, against: number, limit: number) =>
    console.log(
      `${name.padEnd(8)} ${what.padEnd(20)} ${value.toFixed(2).padStart(6)} ms   ${String(operations).padStart(2)} operations ${against.toFixed(2).padStart(6)} ms   ratio ${(value / against).toFixed(2)} (at most ${limit})`,
    )
  row('never seen before', median('cold'), all.length, median('all'), 3)
  row('seen before', median('warm'), own.length, median('own'), 1.5)
}
