import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { randomBytes, toHex } from '@reinraum/crypto'
import type { KeysConfig } from '../config.ts'
import { restoreCommand } from '../restore-command.ts'
import type { Room } from './room.ts'

/** A machine on which nothing ever ran, with a configuration of the room's shared key service. */
export interface Machine {
  readonly folder: string
  readonly data: string
  readonly log: string
  /** the file of the configuration */
  readonly file: string
  readonly config: KeysConfig
}

export async function freshMachine(room: Room, changes: Partial<KeysConfig> = {}): Promise<Machine> {
  const folder = join(room.folder, toHex(randomBytes(8)))
  await mkdir(folder)
  const [data, log] = [join(folder, 'shared'), join(folder, 'shared.log')]
  const config: KeysConfig = { ...room.shared.config, data, log: { level: 'info', file: log }, ...changes }
  const file = join(folder, 'config.json')
  await writeFile(file, JSON.stringify(config))
  return { folder, data, log, file, config }
}

/** What `--restore` says on a machine: its sentence, or by which code it was refused. */
export async function restore(machine: Machine, from: string): Promise<string> {
  let said = ''
  const exitCode = await restoreCommand(from, ['--config', machine.file], (sentence) => {
    said += sentence
  })
  return exitCode === 0 ? said.trimEnd() : (/^[^\n]+ \(([a-z-]+)\)\n$/.exec(said)?.[1] ?? said)
}

/** Nothing, where there is no such folder. */
export async function filesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).sort()
}
