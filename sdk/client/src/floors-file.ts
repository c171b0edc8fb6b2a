import { appendFile, open } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { type FreshnessNumbers, freshnessNumbersSchema, raiseFloors } from '@reinraum/attestation'
import { isReinraumError, ReinraumError } from '@reinraum/crypto'
import { fileError } from './file-error.ts'
import type { FloorsKeeper } from './floors.ts'

/** 30 000 lines, of which a year brings some dozens */
const maximumBytes = 4 * 1024 * 1024
const attempts = 25
const pauseMs = 20

/**
 * Floors in a file of its owner's (mode 0600): one line per observation that was newer than all before it, `series number`. The
 * floor is the highest line of its series. A file that is only appended to needs no lock, and no two programs that raise at a
 * time can undo each other's work, as they could by replacing it. Opens nothing yet: without a file there is no floor.
 *
 * Both `read` and `raise` throw ReinraumError `unreadable-input` when the file is there and cannot be understood: to go on
 * without the floors would be to accept what they are there to refuse. `raise` also `storage-full`.
 */
export function openFloorsFile(file: string): FloorsKeeper {
  const read = () => readFloors(file)
  return {
    read,
    async raise(observed) {
      const floors = await read()
      const raised = Object.entries(raiseFloors(floors, observed)).filter(([series, number]) => floors[series] !== number)
      if (raised.length === 0) return
      const lines = raised.map(([series, number]) => `${series} ${number}\n`).join('')
      // One write in append mode, so that lines of two programs never run into each other (open(2), O_APPEND).
      await appendFile(file, lines, { mode: 0o600, flush: true }).catch((cause) => {
        throw fileError(cause, file, `cannot write the floors to ${file}`)
      })
    },
  }
}

async function readFloors(file: string): Promise<FreshnessNumbers> {
  for (let attempt = 1; ; attempt += 1) {
    const text = await readText(file)
    // Another program may be in the middle of its line.
    if (text === '' || text.endsWith('\n')) return parseFloors(file, text)
    if (attempt === attempts) throw broken(file, 'its last line is incomplete')
    await sleep(pauseMs)
  }
}

function parseFloors(file: string, text: string): FreshnessNumbers {
  const floors: Record<string, string> = {}
  for (const [index, line] of text.split('\n').slice(0, -1).entries()) {
    const [series = '', number = '', ...more] = line.split(' ')
    const observed = freshnessNumbersSchema.safeParse({ [series]: number })
    // A record's schema passes over `__proto__` in silence.
    if (!observed.success || !Object.hasOwn(observed.data, series) || more.length > 0)
      throw broken(file, `line ${index + 1} is none`)
    const known = floors[series]
    Object.assign(floors, raiseFloors(known === undefined ? {} : { [series]: known }, observed.data))
  }
  return floors
}

async function readText(file: string): Promise<string> {
  try {
    await using handle = await open(file)
    const buffer = Buffer.alloc(Math.min((await handle.stat()).size, maximumBytes) + 1)
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0)
    if (bytesRead > maximumBytes) throw broken(file, 'it is too long')
    return buffer.toString('latin1', 0, bytesRead)
  } catch (cause) {
    if ((cause as { readonly code?: unknown }).code === 'ENOENT') return ''
    if (isReinraumError(cause)) throw cause
    throw fileError(cause, file, `cannot read the floors in ${file}`)
  }
}

function broken(file: string, why: string): ReinraumError {
  return new ReinraumError('unreadable-input', `${file} is no file of floors: ${why}. Without it, older lists would be accepted`)
}
