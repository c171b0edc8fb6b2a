export function isUsableVersion(text: string): boolean

export function versionOf(program: string): Promise<string | undefined>

export function ensureNatsServer(options: {
  readonly folder: string
  readonly say?: (line: string) => void
  readonly signal?: AbortSignal
  readonly path?: string
}): Promise<{ readonly program: string; readonly version: string }>

export function unpackRelease(options: {
  readonly url: string
  readonly sha256: string
  readonly name: string
  readonly staged: string
  readonly workshop: string
  readonly signal?: AbortSignal
}): Promise<{ readonly problem?: string; readonly origin?: string }>
