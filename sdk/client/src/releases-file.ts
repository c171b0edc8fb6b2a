import { fromBase64url, isReinraumError, toBase64url } from '@reinraum/crypto'
import { parseStatement, type Release } from '@reinraum/statements'
import { type AppendedLines, appendedLines } from './appended-lines.ts'

/** Some thousand releases of about 7 kB. */
const maximumBytes = 64 * 1024 * 1024

/** A release as a key service signed it. */
export interface KeptRelease {
  readonly id: string
  readonly statement: Uint8Array
  readonly document: Release
}

/**
 * Keeps the releases that a party has seen. A key service whose store was set back has forgotten its last ones; only who kept
 * them can show it, and only with them can its log be mended.
 */
export interface ReleasesKeeper {
  /** What is kept of one key service's log under one contract, oldest first. */
  of(contractId: string, keyServiceId: string): Promise<readonly KeptRelease[]>
  /** Keeps releases that were verified. Those that are kept already are kept once. */
  keep(releases: readonly Uint8Array[]): Promise<void>
}

/**
 * Releases in a file of its owner's (mode 0600), one a line in base64url. Opens nothing yet.
 *
 * `of` and `keep` throw ReinraumError `unreadable-input` when the file cannot be understood; `keep` also `storage-full`.
 */
export function openReleasesFile(file: string): ReleasesKeeper {
  const without = 'Without it, a key service that was set back would not be noticed'
  const lines = appendedLines(file, { maximumBytes, about: 'releases', without })
  return {
    async of(contractId, keyServiceId) {
      const kept = await readReleases(lines)
      const own = kept.filter(({ document }) => document.contract === contractId && document.keyService === keyServiceId)
      return own.toSorted((a, b) => a.document.sequence - b.document.sequence)
    },
    async keep(releases) {
      const known = new Set((await readReleases(lines)).map(({ id }) => id))
      const fresh = new Map(releases.map((statement) => [parseStatement(statement).id, statement]))
      await lines.append([...fresh].filter(([id]) => !known.has(id)).map(([, statement]) => toBase64url(statement)))
    },
  }
}

async function readReleases(file: AppendedLines): Promise<readonly KeptRelease[]> {
  const kept = new Map<string, KeptRelease>()
  for (const [index, line] of (await file.read()).entries()) {
    const release = readRelease(line)
    if (release === undefined) throw file.broken(`line ${index + 1} is none`)
    kept.set(release.id, release)
  }
  return [...kept.values()]
}

function readRelease(line: string): KeptRelease | undefined {
  try {
    const statement = fromBase64url(line)
    const { id, document } = parseStatement(statement)
    return document.kind === 'reinraum/release/v1' ? { id, statement, document } : undefined
  } catch (error) {
    if (isReinraumError(error)) return undefined
    throw error
  }
}
