import { Option } from 'commander'

export interface FloorsOptions {
  readonly floors?: string
}

/** For every command that appraises evidence. */
export function floorsOption(): Option {
  return new Option(
    '--floors <file>',
    'refuse lists of the vendors that are older than those this file remembers, and remember what is newer; made when it is missing',
  )
}
