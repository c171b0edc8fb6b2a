import { isReinraumError, ReinraumError } from '@reinraum/crypto'

/** A failure of the file system in our terms. Its text names paths and stays inside. */
export function fileError(error: unknown): ReinraumError {
  if (isReinraumError(error)) return error
  switch (errnoOf(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return new ReinraumError('storage-full', 'the disk is full', { cause: error })
    case 'ENOENT':
      return new ReinraumError('not-found', 'no such file', { cause: error })
    case 'EROFS':
      return new ReinraumError('internal', 'the disk can only be read', { cause: error })
    default:
      return new ReinraumError('internal', 'the file system failed', { cause: error })
  }
}

export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
