import type { Invocation } from './command.ts'

const width = 30

/** Progress of bytes on one line, with the rate and, where the total is known, the time left. */
export function progressBar({ progress, io }: Pick<Invocation, 'progress' | 'io'>) {
  let phase = ''
  let started = 0
  const rateOf = (name: string, bytes: number) => {
    const now = io.now().getTime()
    if (name !== phase) {
      phase = name
      started = now
    }
    return bytes / Math.max(0.001, (now - started) / 1000)
  }
  return {
    bytes(name: string, bytes: number): void {
      progress(`${name} ${megabytes(bytes)}, ${megabytes(rateOf(name, bytes))}/s`)
    },
    share(name: string, bytes: number, total: number): void {
      const rate = rateOf(name, bytes)
      const full = Math.round((width * bytes) / Math.max(1, total))
      const left = rate > 0 ? Math.ceil((total - bytes) / rate) : 0
      progress(
        `${name} ${'█'.repeat(full)}${'░'.repeat(width - full)} ${megabytes(bytes)} of ${megabytes(total)}, ${megabytes(rate)}/s, ${left} s left`,
      )
    },
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
