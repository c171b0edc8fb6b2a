export type Source = {
  readonly uris: readonly string[]
  readonly suites: readonly string[]
  readonly components: readonly string[]
  readonly signedBy: string | undefined
}
export function parseSources(text: string, format: 'deb822' | 'one-line'): readonly Source[]
export function releasesFor(
  osRelease: string,
): { readonly own: string | undefined; readonly candidates: readonly string[] } | undefined
export function sourcesForRelease(
  sources: readonly Source[],
  own: string | undefined,
  release: string,
  architecture: string,
): string
