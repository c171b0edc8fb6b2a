import { ReinraumError } from '@reinraum/crypto'

/**
 * Runs tasks one after the other. A report blocks a thread inside the kernel, for as long as a minute where the host
 * throttles, and Node has few: several at once would leave none for any other file, and the kernel makes one at a time anyway.
 *
 * @param maximum tasks that run or wait; beyond it `resource-exhausted`
 */
export function inTurn(maximum: number): <T>(task: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  let present = 0
  return async (task) => {
    if (present >= maximum) throw new ReinraumError('resource-exhausted', 'too many ask for evidence at once')
    present += 1
    const turn = last.then(task)
    last = turn.catch(() => undefined)
    try {
      return await turn
    } finally {
      present -= 1
    }
  }
}
