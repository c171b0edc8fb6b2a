export function ensureS3Server(options: {
  readonly folder: string
  readonly say?: (line: string) => void
  readonly signal?: AbortSignal
}): Promise<{ readonly program?: string; readonly problem?: string }>
