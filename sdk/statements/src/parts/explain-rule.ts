import type { z } from 'zod'

type Issue = z.core.$ZodIssue

/** One line per fault of a rule, or of anything else a schema refused: `path: what is wrong; how to fix it`. */
export function explainRule(error: { readonly issues: readonly Issue[] }): readonly string[] {
  return error.issues.map(explainIssue)
}

/** One fault as such a line. It holds names from the document, never a value. */
export function explainIssue(issue: Issue): string {
  const closest = issue.code === 'invalid_union' ? closestBranch(issue) : undefined
  if (closest !== undefined) return explainIssue({ ...closest, path: [...issue.path, ...closest.path] } as Issue)
  return faultLine(issue.path, faultText(issue))
}

/** `columns.cost.bounds: message`, with names in quotes that are no plain words. */
export function faultLine(path: readonly PropertyKey[], message: string): string {
  return path.length === 0 ? `the document: ${message}` : `${pathText(path)}: ${message}`
}

function pathText(path: readonly PropertyKey[]): string {
  const parts = path.map((part) => {
    if (typeof part === 'number') return `[${part}]`
    const name = String(part)
    return /^[A-Za-z_][\w-]*$/.test(name) ? `.${name}` : `.${JSON.stringify(name)}`
  })
  return parts.join('').replace(/^\./, '')
}

/** Zod's own messages say what is wrong; most schemas here have messages of their own that say the fix too. */
function faultText(issue: Issue): string {
  switch (issue.code) {
    case 'unrecognized_keys':
      return `has the unknown field ${issue.keys.map((k) => JSON.stringify(k)).join(', ')}; remove it or correct its name`
    case 'invalid_type':
      return issue.input === undefined && issue.message.includes('received undefined')
        ? `is missing; add it (${issue.expected})`
        : `is of the wrong type; write ${article(issue.expected)}`
    case 'invalid_format':
      return `is not written as it must be; ${issue.message}`
    case 'invalid_value':
      return (
        ownMessage(issue) ??
        `is none of the values allowed; write ${issue.values
          .map(String)
          .join(', ')
          .replace(/, ([^,]*)$/, ' or $1')}`
      )
    case 'too_small':
      return ownMessage(issue) ?? `is too small; write ${sizeText(issue.origin, issue.minimum, 'at least')}`
    case 'too_big':
      return ownMessage(issue) ?? `is too large; write ${sizeText(issue.origin, issue.maximum, 'at most')}`
    default:
      return ownMessage(issue) ?? 'is not well formed'
  }
}

function ownMessage({ message }: Issue): string | undefined {
  return /^(Invalid|Too |Unrecognized)/.test(message) ? undefined : message
}

function sizeText(origin: string, limit: number | bigint, bound: string): string {
  const entries = origin === 'array' || origin === 'record' || origin === 'set'
  return `${bound} ${limit}${entries ? ' of them' : origin === 'string' ? ' characters' : ''}`
}

function article(expected: string): string {
  return /^[aeio]/.test(expected) ? `an ${expected}` : `a ${expected}`
}

/** Of the forms that a value could have, the one that it comes closest to: its fault lies deepest. */
function closestBranch(issue: z.core.$ZodIssueInvalidUnion): Issue | undefined {
  if (ownMessage(issue) !== undefined) return undefined
  const branches = issue.errors.flatMap((branch) => (branch[0] === undefined ? [] : [branch[0]]))
  const structured = branches.filter((b) => b.path.length > 0 || b.code === 'unrecognized_keys')
  return structured[0] ?? branches[0]
}
