import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { nodeTsmFiles, type TsmFiles } from '../configfs-tsm/tsm-files.ts'

/** What a driver of the kernel answers to an inblob. */
export type TsmDriver = (inblob: Uint8Array, privilegeLevel: number) => Promise<{ outblob: Uint8Array; auxblob?: Uint8Array }>

/** One call of the attester's, before it has any effect. */
export interface TsmCall {
  readonly operation: keyof TsmFiles
  /** of the attribute; of the entry for mkdir and rmdir */
  readonly name: string
  readonly state: EntryState
}

interface EntryState {
  generation: bigint
  /** of what outblob holds; null before the first */
  read: bigint | null
  inblob: Uint8Array
  privilegeLevel: number
}

export interface ConfigfsTsmFolder {
  readonly folder: string
  readonly files: TsmFiles
  /** entries that were made and not removed */
  entries(): Promise<readonly string[]>
  remove(): Promise<void>
}

/**
 * Stands in for configfs-tsm on machines without such a kernel: a folder whose entries behave as those in
 * drivers/virt/coco/guest/report.c do. The attributes appear with the entry, a write counts the generation up, a read of
 * outblob makes the report unless it is made, and removing the entry removes its attributes. The folder and the files in it
 * are real; only `files` gives them this behaviour, because no ordinary file system does.
 *
 * @param options.before sees each call, may change the state as another process would, and may throw as the kernel would
 */
export async function createConfigfsTsmFolder(options: {
  readonly driver: TsmDriver
  readonly provider?: string
  readonly before?: (call: TsmCall) => void
  /** how many bytes a write takes */
  readonly takes?: (name: string, length: number) => number
}): Promise<ConfigfsTsmFolder> {
  const { driver, provider = 'sev_guest', before = () => undefined, takes = (_, length) => length } = options
  const folder = await mkdtemp(join(tmpdir(), 'reinraum-tsm-'))
  const states = new Map<string, EntryState>()
  const stateOf = (entry: string) => states.get(entry) ?? fail('ENOENT')
  const show = (entry: string, name: string, text: string | Uint8Array) => writeFile(join(entry, name), text)
  const makeReport = async (entry: string, state: EntryState) => {
    if (state.inblob.length === 0) fail('EINVAL')
    if (state.read === state.generation) return
    const { outblob, auxblob = new Uint8Array() } = await driver(state.inblob, state.privilegeLevel)
    await Promise.all([show(entry, 'outblob', outblob), show(entry, 'auxblob', auxblob)])
    state.read = state.generation
  }
  const files: TsmFiles = {
    async mkdir(entry) {
      const state: EntryState = { generation: 0n, read: null, inblob: new Uint8Array(), privilegeLevel: 0 }
      before({ operation: 'mkdir', name: basename(entry), state })
      await mkdir(entry)
      states.set(entry, state)
      const attributes = { provider: `${provider}\n`, generation: '0\n', inblob: '', privlevel: '', outblob: '', auxblob: '' }
      await Promise.all(Object.entries(attributes).map(([name, text]) => show(entry, name, text)))
    },
    async read(path, maximum) {
      const [entry, name] = [dirname(path), basename(path)]
      const state = stateOf(entry)
      before({ operation: 'read', name, state })
      if (name === 'inblob' || name === 'privlevel') fail('EACCES')
      if (name === 'outblob' || name === 'auxblob') await makeReport(entry, state)
      if (name === 'generation') await show(entry, 'generation', `${state.generation}\n`)
      return nodeTsmFiles.read(path, maximum)
    },
    async write(path, bytes) {
      const [entry, name] = [dirname(path), basename(path)]
      const state = stateOf(entry)
      before({ operation: 'write', name, state })
      const taken = bytes.subarray(0, takes(name, bytes.length))
      if (name === 'inblob') state.inblob = Uint8Array.from(taken)
      else if (name === 'privlevel') state.privilegeLevel = Number(Buffer.from(taken).toString())
      else fail('EACCES')
      state.generation += 1n
      return nodeTsmFiles.write(path, taken)
    },
    async rmdir(entry) {
      const state = stateOf(entry)
      before({ operation: 'rmdir', name: basename(entry), state })
      await rm(entry, { recursive: true })
      states.delete(entry)
    },
  }
  return { folder, files, entries: () => readdir(folder), remove: () => rm(folder, { recursive: true }) }
}

/** As node:fs throws what a system call failed with. */
export function fail(code: string): never {
  throw Object.assign(new Error(`${code}: as the kernel says it`), { code })
}
