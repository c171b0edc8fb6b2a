/**
 * The pending item, or 'paused' when it has not come within `lingerMs`; the item stays pending then. Leaves nothing behind
 * on the signal: a stream may wait here a million times.
 * @throws the signal's reason when it aborts first
 */
export function itemOrPause<T>(item: Promise<T>, signal: AbortSignal, lingerMs: number | undefined): Promise<T | 'paused'> {
  return new Promise((resolve, reject) => {
    const stop = () => settle(() => reject(signal.reason))
    const timer = lingerMs === undefined ? undefined : setTimeout(() => settle(() => resolve('paused')), lingerMs)
    const settle = (answer: () => void) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      answer()
    }
    if (signal.aborted) return stop()
    signal.addEventListener('abort', stop, { once: true })
    item.then(
      (value) => settle(() => resolve(value)),
      (error: unknown) => settle(() => reject(error)),
    )
  })
}
