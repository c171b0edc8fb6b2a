export function ensurePkcs11Binding(options: {
  readonly root: string
  readonly say?: (line: string) => void
  readonly signal?: AbortSignal
  readonly compilers?: readonly string[]
}): Promise<{ readonly folder?: string; readonly problem?: string }>
