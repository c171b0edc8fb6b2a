import { type ErrorCode, isReinraumError } from '@reinraum/crypto'

/** The code that the step is refused with. A step that succeeds, or that fails in any other way, fails the test. */
export async function refusalOf(step: Promise<unknown> | (() => unknown)): Promise<ErrorCode> {
  try {
    await (typeof step === 'function' ? step() : step)
  } catch (error) {
    if (isReinraumError(error)) return error.code
    throw error
  }
  throw new Error('the step was not refused')
}
