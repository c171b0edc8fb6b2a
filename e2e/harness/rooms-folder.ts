import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** Rooms of tests lie in this folder; it is removed after the last test of all files. */
    readonly roomsFolder: string
  }
}

/** Vitest's global setup of the tests with rooms. */
export async function setup(project: Pick<TestProject, 'provide'>): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'reinraum-e2e-'))
  project.provide('roomsFolder', folder)
  return async () => {
    for (const room of await readdir(folder)) await removeScratch(join(folder, room))
    // The processes of a room that was left to the end may be writing their last.
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}

/** An executor keeps what it decrypts outside of its room, in memory. */
async function removeScratch(room: string): Promise<void> {
  const services = join(room, 'services')
  for (const service of await readdir(services).catch(() => [])) {
    const config = await readFile(join(services, service, 'config.json'), 'utf8').catch(() => '{}')
    const { scratch } = JSON.parse(config) as { readonly scratch?: string }
    if (scratch !== undefined) await rm(scratch, { recursive: true, force: true })
  }
}
