/**
 * The items of `source` until `signal` aborts; then it throws the signal's reason at once, even while `source` is
 * waiting for something that never comes, and asks `source` to clean up.
 */
export async function* takeUntilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]()
  let finished = false
  try {
    for (;;) {
      const result = await untilAborted(iterator.next(), signal)
      if (result.done === true) {
        finished = true
        return
      }
      yield result.value
    }
  } catch (error) {
    if (!signal.aborted) finished = true
    throw error
  } finally {
    if (!finished) {
      // A generator that is waiting returns only once it is woken: nobody waits for it here.
      const returned = iterator.return?.()
      if (returned !== undefined) Promise.resolve(returned).catch(() => undefined)
    }
  }
}

/** `promise`, or the signal's reason as soon as it aborts. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
