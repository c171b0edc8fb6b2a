import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** what the test files of one run make once and share */
    readonly runFolder: string
  }
}

/** Vitest calls this before the first test of a run, and what it gives back after the last. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'reinraum-run-'))
  project.provide('runFolder', folder)
  return () => rm(folder, { recursive: true })
}
