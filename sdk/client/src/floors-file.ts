import { type FreshnessNumbers, freshnessNumbersSchema, raiseFloors } from '@reinraum/attestation'
import { type AppendedLines, appendedLines } from './appended-lines.ts'
import type { FloorsKeeper } from './floors.ts'

/** 30 000 lines, of which a year brings some dozens */
const maximumBytes = 4 * 1024 * 1024

/**
 * Floors in a file of its owner's (mode 0600): one line per observation that was newer than all before it, `series number`. The
 * floor is the highest line of its series. Opens nothing yet: without a file there is no floor.
 *
 * Both `read` and `raise` throw ReinraumError `unreadable-input` when the file is there and cannot be understood: to go on
 * without the floors would be to accept what they are there to refuse. `raise` also `storage-full`.
 */
export function openFloorsFile(file: string): FloorsKeeper {
  const lines = appendedLines(file, { maximumBytes, about: 'floors', without: 'Without it, older lists would be accepted' })
  const read = () => readFloors(lines)
  return {
    read,
    async raise(observed) {
      const floors = await read()
      const raised = Object.entries(raiseFloors(floors, observed)).filter(([series, number]) => floors[series] !== number)
      await lines.append(raised.map(([series, number]) => `${series} ${number}`))
    },
  }
}

async function readFloors(file: AppendedLines): Promise<FreshnessNumbers> {
  const floors: Record<string, string> = {}
  for (const [index, line] of (await file.read()).entries()) {
    const [series = '', number = '', ...more] = line.split(' ')
    const observed = freshnessNumbersSchema.safeParse({ [series]: number })
    // A record's schema passes over `__proto__` in silence.
    if (!observed.success || !Object.hasOwn(observed.data, series) || more.length > 0)
      throw file.broken(`line ${index + 1} is none`)
    const known = floors[series]
    Object.assign(floors, raiseFloors(known === undefined ? {} : { [series]: known }, observed.data))
  }
  return floors
}
