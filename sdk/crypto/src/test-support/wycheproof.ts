import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** A case of a vector file with the fields of its group mixed in; what it holds depends on the file. */
export type VectorCase = Readonly<Record<string, string>> & {
  readonly tcId: number
  readonly result: 'valid' | 'invalid' | 'acceptable'
  readonly flags: readonly string[]
  readonly keySize?: number
  readonly ivSize?: number
  readonly size?: number
  readonly msgLength?: number
}

interface VectorFile {
  readonly testGroups: readonly { readonly tests: readonly object[] }[]
}

/**
 * All cases of a file of C2SP/wycheproof, from `../shared/vectors` beside the project or from the folder that
 * REINRAUM_VECTORS names. None, said in one line, where neither exists: the vectors are not part of the project.
 */
export function wycheproofCases(file: string): readonly VectorCase[] {
  const beside = resolve(import.meta.dirname, '../../../../../shared/vectors')
  const path = join(process.env.REINRAUM_VECTORS ?? beside, 'wycheproof', file)
  if (!existsSync(path)) {
    console.info(`skipped: ${file} (no vectors beside the project, and REINRAUM_VECTORS names none)`)
    return []
  }
  const { testGroups } = JSON.parse(readFileSync(path, 'utf8')) as VectorFile
  return testGroups.flatMap(({ tests, ...group }) => tests.map((one) => ({ ...group, ...one }) as unknown as VectorCase))
}
