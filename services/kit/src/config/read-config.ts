import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { ReinraumError } from '@reinraum/crypto'
import { z } from 'zod'

/**
 * Reads the file that `--config` names and holds it against the service's schema.
 * @throws ReinraumError `invalid-argument`
 */
export function readConfig<T>(schema: z.ZodType<T>, argv: readonly string[]): T {
  const file = configFile(argv)
  let content: unknown
  try {
    content = JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw new ReinraumError('invalid-argument', `${file} is not a readable JSON file`, { cause })
  }
  const result = schema.safeParse(content)
  if (!result.success) throw new ReinraumError('invalid-argument', `${file}: ${z.prettifyError(result.error)}`)
  return result.data
}

function configFile(argv: readonly string[]): string {
  try {
    const { values } = parseArgs({ args: [...argv], options: { config: { type: 'string' } }, strict: true })
    if (values.config !== undefined && values.config !== '') return values.config
  } catch (cause) {
    throw new ReinraumError('invalid-argument', 'the only option is --config <file>', { cause })
  }
  throw new ReinraumError('invalid-argument', 'say which configuration to use: --config <file>')
}
