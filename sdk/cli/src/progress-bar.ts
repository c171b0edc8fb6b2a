import type { Invocation } from './command.ts'

const width = 30

/** What takes less shows nothing, in milliseconds. */
const silentFor = 2000
/** Between two lines where nothing can be overwritten, in milliseconds. */
const betweenLines = 5000

/**
 * Progress of bytes, with the rate and the time left: one line that replaces itself on a terminal, a line now and then elsewhere,
 * nothing with --json.
 */
export function progressBar({ progress, io, global }: Pick<Invocation, 'progress' | 'io' | 'global'>) {
  const now = () => io.now().getTime()
  const begun = now()
  let phase = { name: '', began: begun, had: 0 }
  let shown = begun - betweenLines
  const show = (text: string) => {
    if (now() - begun < silentFor || global.json === true) return
    if (io.err.isTTY === true) return progress(text)
    if (now() - shown < betweenLines) return
    shown = now()
    io.err.write(`${text}\n`)
  }
  /** Seconds since the phase began, and bytes in them: what an earlier attempt had done says nothing of the rate. */
  const since = (name: string, bytes: number) => {
    if (name !== phase.name) phase = { name, began: now(), had: bytes }
    const seconds = Math.max(0.001, (now() - phase.began) / 1000)
    return { seconds, rate: (bytes - phase.had) / seconds }
  }
  return {
    /** @param share of all there is to do, from 0 to 1; an estimate */
    part(name: string, bytes: number, share: number): void {
      const { seconds, rate } = since(name, bytes)
      const left = share > 0 ? (seconds * (1 - share)) / share : undefined
      show(`${name} ${barOf(share)} ${megabytes(bytes)}, ${megabytes(rate)}/s, ${timeText(left)}`)
    },
    whole(name: string, bytes: number, total: number): void {
      const { rate } = since(name, bytes)
      const left = rate > 0 ? (total - bytes) / rate : undefined
      show(
        `${name} ${barOf(bytes / Math.max(1, total))} ${megabytes(bytes)} of ${megabytes(total)}, ${megabytes(rate)}/s, ${timeText(left)}`,
      )
    },
  }
}

function barOf(share: number): string {
  const full = Math.round(width * Math.min(1, Math.max(0, share)))
  return `${'█'.repeat(full)}${'░'.repeat(width - full)}`
}

function timeText(seconds: number | undefined): string {
  if (seconds === undefined || seconds > 360_000) return 'time left unknown'
  return seconds < 120 ? `${Math.round(seconds)} s left` : `${Math.round(seconds / 60)} min left`
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
