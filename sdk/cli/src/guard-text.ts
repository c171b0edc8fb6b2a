import type { GuardVerdict } from '@reinraum/policy'

/** The guard's verdict for people: why not and where, or what runs instead of the text as it was written. */
export function guardText(result: GuardVerdict): string {
  if (result.verdict === 'refused') {
    return [
      'refused',
      ...result.reasons.map(
        ({ code, message, at }) => `  ✗ ${at === undefined ? '' : `${at.line}:${at.column} `}${message} (${code})`,
      ),
    ].join('\n')
  }
  return ['allowed', '', 'What will run:', result.rewrittenSql, '', JSON.stringify(result.report, null, 2)].join('\n')
}
