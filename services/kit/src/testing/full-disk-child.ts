import { isReinraumError } from '@reinraum/crypto'
import { openObjectFolder } from '../objects/object-folder.ts'

// Started where no file may grow beyond 64 KiB: writing more fails as on a full disk.
const id = `sha256:${'1'.repeat(64)}`
const store = await openObjectFolder(process.argv[2] ?? '')
await store.append(id, 0, new Uint8Array(20_000))
const code = await store.append(id, 20_000, new Uint8Array(100_000)).then(
  () => 'stored',
  (error: unknown) => (isReinraumError(error) ? error.code : 'other'),
)
process.stdout.write(JSON.stringify({ code, length: await store.partLength(id) }))
