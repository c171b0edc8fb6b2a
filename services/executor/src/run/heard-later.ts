/** Of what is awaited further down, and maybe never: its failure ends no process. */
export function heardLater<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}
