export function acquireLock(file: string): { readonly release: () => void; readonly holder?: never } | { readonly holder: number }
