import { amdRoots, intelRoot, type ReferenceValues, referenceValuesSchema } from '@reinraum/attestation'
import { ReinraumError } from '@reinraum/crypto'
import type { z } from 'zod'
import { oneLineName, readSmallDocument } from './files.ts'
import { oneLine } from './output.ts'

/** 4096 chip ids and everything else that a policy may list, at their longest */
const maxBytes = 1024 * 1024
/** more would not be read */
const maxShown = 20

/**
 * Reference values and policy from a YAML or JSON file.
 * @throws ReinraumError `invalid-argument` with one line for each thing that is wrong: where, what and how to put it right;
 *   `unreadable-input`
 */
export async function readPolicyFile(file: string): Promise<ReferenceValues> {
  const parsed = referenceValuesSchema.safeParse(await readSmallDocument(file, maxBytes))
  if (parsed.success) return parsed.data
  const found = parsed.error.issues.flatMap(issueLines)
  const more = found.length > maxShown ? [`  and ${found.length - maxShown} more`] : []
  const shown = found.slice(0, maxShown).map((line) => `  ${oneLine(line)}`)
  throw new ReinraumError('invalid-argument', [`${oneLineName(file)} is no policy`, ...shown, ...more].join('\n'))
}

function issueLines(issue: z.core.$ZodIssue): string[] {
  const path = issue.path.map(String).join('.') || 'the document'
  if (issue.code === 'unrecognized_keys') {
    const at = issue.path.length === 0 ? '' : `${path}.`
    return issue.keys.map((key) => `${at}${key}: there is no such field; remove it or correct its name`)
  }
  if (issue.code === 'invalid_type') return [`${path}: ${typeFix(path, issue)}`]
  if (issue.code === 'invalid_value') return [`${path}: use one of ${issue.values.map(String).join(', ')}`]
  return [`${path}: ${issue.message}`]
}

function typeFix(path: string, { expected, input }: { readonly expected: string; readonly input?: unknown }): string {
  const example = examples[path]
  if (input === undefined && example !== undefined) return `missing; ${example}`
  // YAML reads digits without quotes as a number, whatever they are meant as.
  const quotes = expected === 'string' ? ' (put hex in quotes)' : ''
  return `must be ${expected === 'array' ? 'a list' : `of the type ${expected}`}${quotes}`
}

const examples: Readonly<Record<string, string>> = {
  'snp.roots': `AMD's own for Genoa is { product: Genoa, sha256: ${amdRoots.Genoa}, simulated: false }`,
  'snp.measurements': 'list the launch measurements that you accept, each 48 bytes in lower-case hex, in quotes',
  'tdx.roots': `Intel's own is { sha256: ${intelRoot}, simulated: false }`,
  'tdx.mrtd': 'list the values of MRTD that you accept, each 48 bytes in lower-case hex, in quotes',
}
