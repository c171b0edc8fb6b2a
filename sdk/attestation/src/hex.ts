import { z } from 'zod'

/** so many bytes in lower-case hex */
export const hexBytes = (bytes: number) =>
  z.string().regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`), `expected ${bytes} bytes in lower-case hex`)
