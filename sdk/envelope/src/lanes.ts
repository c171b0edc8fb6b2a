/**
 * Works on items, at most `count` at a time. After the first error nothing is begun, `stop` is called, and what is under way is
 * waited for: when this settles, nothing works any more.
 */
export async function inLanes<Item>(
  count: number,
  items: Iterable<Item>,
  stop: () => void,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]()
  let failure: { readonly error: unknown } | undefined
  const lane = async (): Promise<void> => {
    while (failure === undefined) {
      const { done, value } = queue.next()
      if (done === true) return
      try {
        await work(value)
      } catch (error) {
        failure ??= { error }
        stop()
      }
    }
  }
  await Promise.all(Array.from({ length: count }, lane))
  if (failure !== undefined) throw failure.error
}
