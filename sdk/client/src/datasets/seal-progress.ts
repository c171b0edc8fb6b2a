export type SealProgress =
  /** while it is uploaded at the same time; `durableBytes` are those that ingestion will not lose */
  | {
      readonly step: 'sealing'
      readonly sealedBytes: number
      readonly durableBytes: number
      /** how much of the sealing is done, from 0 to 1; an estimate */
      readonly share: number
    }
  | { readonly step: 'uploading'; readonly durableBytes: number; readonly totalBytes: number }

/** Both ends of an upload that begins while it is sealed. */
export function progressOf(onProgress: ((progress: SealProgress) => void) | undefined) {
  let [sealedBytes, durableBytes, share, complete] = [0, 0, 0, false]
  const report = () =>
    onProgress?.(
      complete
        ? { step: 'uploading', durableBytes, totalBytes: sealedBytes }
        : { step: 'sealing', sealedBytes, durableBytes, share },
    )
  return {
    sealed(bytes: number, of: number) {
      sealedBytes = bytes
      share = of
      report()
    },
    durable(bytes: number) {
      durableBytes = bytes
      report()
    },
    complete() {
      complete = true
      report()
    },
  }
}
