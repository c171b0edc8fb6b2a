import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const names = ['nats-server', 'nats-server.exe']

/** The server that `npm test` has put into `.local`, or one in the PATH. */
export function natsBinary(): string {
  const root = join(import.meta.dirname, '../../../..')
  const folders = [join(root, '.local/nats'), ...(process.env.PATH ?? '').split(delimiter)]
  const found = folders.flatMap((folder) => names.map((name) => join(folder, name))).find((file) => existsSync(file))
  if (found === undefined) throw new Error('nats-server is missing: `npm test` fetches it')
  return found
}
