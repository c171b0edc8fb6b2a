import { constants } from 'node:fs'
import { mkdir, open, rmdir } from 'node:fs/promises'
import { concatBytes, ReinraumError } from '@reinraum/crypto'

/** What the kernel's interfaces for measurement are used with; a test that needs them to misbehave brings its own. */
export interface TsmFiles {
  mkdir(path: string): Promise<void>
  rmdir(path: string): Promise<void>
  /** @throws ReinraumError `malformed-evidence` for a file of more than `maximum` bytes */
  read(path: string, maximum: number): Promise<Uint8Array>
  /** in one system call; @returns how many bytes were taken */
  write(path: string, bytes: Uint8Array): Promise<number>
}

const chunkLength = 64 * 1024

export const nodeTsmFiles: TsmFiles = {
  mkdir: (path) => mkdir(path),
  rmdir: (path) => rmdir(path),
  async read(path, maximum) {
    const file = await open(path, constants.O_RDONLY)
    try {
      const parts: Uint8Array[] = []
      let length = 0
      // Until the end: a file of configfs does not say its length before it is read.
      for (;;) {
        const { bytesRead, buffer } = await file.read(new Uint8Array(Math.min(chunkLength, maximum + 1)), { position: null })
        if (bytesRead === 0) return concatBytes(...parts)
        length += bytesRead
        if (length > maximum) throw new ReinraumError('malformed-evidence', 'the kernel gave more bytes than there can be')
        parts.push(buffer.subarray(0, bytesRead))
      }
    } finally {
      await file.close()
    }
  },
  async write(path, bytes) {
    // Neither created nor opened for reading: configfs refuses both for an attribute that is only written.
    const file = await open(path, constants.O_WRONLY)
    try {
      return (await file.write(bytes)).bytesWritten
    } finally {
      // What is written to a binary attribute reaches the driver here.
      await file.close()
    }
  },
}
