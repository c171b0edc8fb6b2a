export function ensureSoftHsm(options: {
  readonly folder: string
  readonly binding: string
  readonly say?: (line: string) => void
  readonly signal?: AbortSignal
  readonly system?: readonly string[]
}): Promise<{ readonly module?: string; readonly problem?: string }>
