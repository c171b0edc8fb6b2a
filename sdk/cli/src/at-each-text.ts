import type { AtKeyService } from '@reinraum/client'
import type { Outcome } from './command.ts'

/** What each key service answered. Where one did not, the command is not done. */
export function atEach<T>(answers: readonly AtKeyService<T>[], text: (answer: T) => string): Outcome {
  const parts = answers.map(({ keyService, answer, failed }) =>
    failed === null ? `${keyService}\n${indented(text(answer as T))}` : `${keyService}: not done (${failed})`,
  )
  return {
    text: parts.length === 0 ? 'none' : parts.join('\n'),
    json: { keyServices: answers },
    exitCode: answers.some(({ failed }) => failed !== null) ? 1 : 0,
  }
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')
}
