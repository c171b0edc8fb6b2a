import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ChildLimits, type Confinement, probes } from './confinement.ts'
import { findPrograms } from './private-root.ts'
import { makeRunFolder } from './run-folder.ts'
import { startChild } from './spawn.ts'

const small: ChildLimits = { memoryMiB: 64, timeoutMs: 20_000, cpuSeconds: 20, threads: 1, resultBytes: 65_536 }

/** Tries out what the host allows. Done once, at start, and written to the log. */
export async function probeConfinement(): Promise<Confinement> {
  const [namespaces, resourceLimits, alone, together] = await Promise.all([
    succeeds(probes.namespaces),
    succeeds(probes.resourceLimits),
    succeeds(probes.privileges),
    succeeds(probes.together),
  ])
  // The capability to drop capabilities comes with the new user namespace, or with being root.
  const most = { namespaces, resourceLimits, privileges: namespaces ? together : alone }
  const all = namespaces && resourceLimits && together
  return { ...most, privateRoot: all ? await probePrivateRoot(most) : undefined }
}

/** Nothing less than a query that runs there says that it can be done. */
async function probePrivateRoot(most: Omit<Confinement, 'privateRoot'>): Promise<Confinement['privateRoot']> {
  const directory = await mkdtemp(join(tmpdir(), 'reinraum-probe-'))
  try {
    const privateRoot = await findPrograms()
    const child = startChild(small, { ...most, privateRoot }, await makeRunFolder(directory))
    await child.run({ datasets: [], comparisons: [], sql: 'SELECT 1 AS one' }, new AbortController().signal)
    return privateRoot
  } catch {
    return undefined
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

function succeeds([command = '', ...args]: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'ignore' })
    child.once('error', () => resolve(false))
    child.once('close', (code) => resolve(code === 0))
  })
}
