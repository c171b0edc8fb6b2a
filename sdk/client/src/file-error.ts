import { isReinraumError, ReinraumError } from '@reinraum/crypto'

// EFBIG: the limit on a file's size that the system sets (setrlimit(2)) instead of the end of the disk.
const full: readonly unknown[] = ['ENOSPC', 'EDQUOT', 'EFBIG']

/**
 * What a failed file operation means to whoever named the file.
 * @param about what could not be done, as it is said when nothing more precise is known
 */
export function fileError(cause: unknown, file: string, about: string): ReinraumError {
  if (isReinraumError(cause)) return cause
  const code = (cause as { readonly code?: unknown } | null)?.code
  if (full.includes(code)) return new ReinraumError('storage-full', `no room left for ${file}`, { cause })
  if (code === 'EEXIST') return new ReinraumError('already-exists', `${file} exists already`, { cause })
  return new ReinraumError('unreadable-input', about, { cause })
}
