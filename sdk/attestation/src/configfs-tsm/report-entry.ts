import { join } from 'node:path'
import { ReinraumError, randomBytes, toHex, utf8 } from '@reinraum/crypto'
import { type Retries, retrying } from './retrying.ts'
import type { TsmFiles } from './tsm-files.ts'

/** `provider`: the kernel's name for the format of a report (Documentation/ABI/testing/configfs-tsm-report) */
const providers = ['sev_guest', 'tdx_guest'] as const
export type TsmProvider = (typeof providers)[number]

export interface KernelReport {
  readonly provider: TsmProvider
  /** SEV-SNP: the report; TDX: the quote */
  readonly outblob: Uint8Array
  /** SEV-SNP: the certificate table, empty where the host gives none; TDX: empty */
  readonly auxblob: Uint8Array
}

export interface ReportRequest {
  /** 64 bytes */
  readonly inblob: Uint8Array
  /** SEV-SNP: the VMPL that the report is to speak of */
  readonly privilegeLevel?: number
}

interface Kernel {
  readonly files: TsmFiles
  readonly folder: string
  readonly retries: Retries
}

const maxAttributeLength = 4096
const maxBlobLength = 64 * 1024

/**
 * One report of the kernel's, from an entry of its own that is removed again whatever happens.
 * @throws ReinraumError `unsupported`, `unavailable`, `malformed-evidence`
 */
export function requestReport(kernel: Kernel, request: ReportRequest): Promise<KernelReport> {
  return retrying(() => withEntry(kernel, (entry) => readReport(kernel.files, entry, request)), kernel.retries)
}

/** Who signs reports on this machine; asks for none. @throws ReinraumError `unsupported`, `unavailable` */
export function requestProvider(kernel: Kernel): Promise<TsmProvider> {
  return retrying(() => withEntry(kernel, (entry) => readProvider(kernel.files, entry)), kernel.retries)
}

async function withEntry<T>({ files, folder, retries }: Kernel, use: (entry: string) => Promise<T>): Promise<T> {
  // A name that nobody guesses: another process of the guest has no business in this entry.
  const entry = join(folder, `reinraum-${toHex(randomBytes(16))}`)
  await files.mkdir(entry)
  const remove = () => retrying(() => files.rmdir(entry), retries)
  try {
    const value = await use(entry)
    await remove()
    return value
  } catch (error) {
    // The first failure is the one to tell of. If removing is what failed, this is a second try.
    await remove().catch(() => undefined)
    throw error
  }
}

async function readReport(files: TsmFiles, entry: string, { inblob, privilegeLevel }: ReportRequest): Promise<KernelReport> {
  const provider = await readProvider(files, entry)
  const before = await readGeneration(files, entry)
  const level: Written[] = privilegeLevel === undefined ? [] : [['privlevel', utf8(String(privilegeLevel))]]
  const writes: readonly Written[] = [...level, ['inblob', inblob]]
  for (const [name, bytes] of writes) {
    const taken = await files.write(join(entry, name), bytes)
    if (taken !== bytes.length) throw new ReinraumError('unavailable', `the kernel took ${taken} bytes of ${bytes.length}`)
  }
  const outblob = await files.read(join(entry, 'outblob'), maxBlobLength)
  const auxblob = provider === 'sev_guest' ? await files.read(join(entry, 'auxblob'), maxBlobLength) : new Uint8Array()
  // Each write counts one up. Another count: somebody else wrote, or a write of ours was dropped when the file was closed,
  // of which the kernel tells nobody.
  if ((await readGeneration(files, entry)) !== before + BigInt(writes.length)) {
    throw new ReinraumError('conflict', 'the entry changed while its report was read')
  }
  return { provider, outblob, auxblob }
}

type Written = readonly [name: 'privlevel' | 'inblob', bytes: Uint8Array]

async function readProvider(files: TsmFiles, entry: string): Promise<TsmProvider> {
  const text = await readText(files, join(entry, 'provider'))
  const provider = providers.find((known) => known === text)
  if (provider === undefined) throw new ReinraumError('unsupported', 'reports of this kind of hardware cannot be appraised')
  return provider
}

async function readGeneration(files: TsmFiles, entry: string): Promise<bigint> {
  const text = await readText(files, join(entry, 'generation'))
  if (!/^[0-9]{1,20}$/.test(text)) throw new ReinraumError('malformed-evidence', 'the generation is no number')
  return BigInt(text)
}

async function readText(files: TsmFiles, path: string): Promise<string> {
  return Buffer.from(await files.read(path, maxAttributeLength))
    .toString('latin1')
    .replace(/\n$/, '')
}
