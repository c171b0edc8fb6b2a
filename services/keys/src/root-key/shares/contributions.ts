import { zeroise } from '@reinraum/crypto'

/** Shares on their way to a root key: in memory only, and not for long. */
export interface Contributions {
  readonly size: number
  /** Keeps a copy. A holder's second one changes nothing. */
  add(holder: string, share: Uint8Array): void
  /** Hands all of them over. Who takes them overwrites them. */
  take(): readonly Uint8Array[]
  /** Overwrites them. */
  forget(): void
}

/** @param keptForMs how long after the last contribution the ceremony is given up */
export function collectContributions(keptForMs: number): Contributions {
  const shares = new Map<string, Uint8Array>()
  let timer: NodeJS.Timeout | undefined
  const take = (): readonly Uint8Array[] => {
    clearTimeout(timer)
    const taken = [...shares.values()]
    shares.clear()
    return taken
  }
  const forget = () => zeroise(...take())
  return {
    get size() {
      return shares.size
    },
    add(holder, share) {
      if (shares.has(holder)) return
      shares.set(holder, new Uint8Array(share))
      clearTimeout(timer)
      timer = setTimeout(forget, keptForMs).unref()
    },
    take,
    forget,
  }
}
