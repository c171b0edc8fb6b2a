import { appendFile, open } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { isReinraumError, ReinraumError } from '@reinraum/crypto'
import { fileError } from './file-error.ts'

const attempts = 25
const pauseMs = 20

/** A file of its owner's (mode 0600) that is only appended to: it needs no lock, and no two programs undo each other's work. */
export interface AppendedLines {
  /** All complete lines; none while there is no file. @throws ReinraumError `unreadable-input` */
  read(): Promise<string[]>
  /** @param lines without line breaks @throws ReinraumError `storage-full`, `unreadable-input` */
  append(lines: readonly string[]): Promise<void>
  /** What is wrong with the file, in words that name it. */
  broken(why: string): ReinraumError
}

/**
 * @param options.about what the file holds, as in "no file of floors"
 * @param options.without what happened if one went on without the file
 */
export function appendedLines(
  file: string,
  options: { readonly maximumBytes: number; readonly about: string; readonly without: string },
): AppendedLines {
  const { maximumBytes, about, without } = options
  const broken = (why: string) => new ReinraumError('unreadable-input', `${file} is no file of ${about}: ${why}. ${without}`)
  const readText = async (): Promise<string> => {
    try {
      await using handle = await open(file)
      const buffer = Buffer.alloc(Math.min((await handle.stat()).size, maximumBytes) + 1)
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0)
      if (bytesRead > maximumBytes) throw broken('it is too long')
      return buffer.toString('latin1', 0, bytesRead)
    } catch (cause) {
      if ((cause as { readonly code?: unknown }).code === 'ENOENT') return ''
      if (isReinraumError(cause)) throw cause
      throw fileError(cause, file, `cannot read the ${about} in ${file}`)
    }
  }
  return {
    broken,
    async read() {
      for (let attempt = 1; ; attempt += 1) {
        const text = await readText()
        // Another program may be in the middle of its line.
        if (text === '' || text.endsWith('\n')) return text.split('\n').slice(0, -1)
        if (attempt === attempts) throw broken('its last line is incomplete')
        await sleep(pauseMs)
      }
    },
    async append(lines) {
      if (lines.length === 0) return
      const text = lines.map((line) => `${line}\n`).join('')
      // One write in append mode, so that lines of two programs never run into each other (open(2), O_APPEND).
      await appendFile(file, text, { mode: 0o600, flush: true }).catch((cause) => {
        throw fileError(cause, file, `cannot write the ${about} to ${file}`)
      })
    },
  }
}
