import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import { fromHex, zeroise } from '@reinraum/crypto'
import { createEnvelopeThreads } from '../index.ts'

// A process whose memory the test searches: it opens an envelope, closes it, and says each time that it did.
const [file = '', key = '', context = ''] = process.argv.slice(2)
const collectGarbage = (globalThis as { readonly gc?: () => void }).gc

async function say(state: string): Promise<void> {
  process.stdout.write(`${state}\n`)
  await once(process.stdin, 'data')
}

const threads = createEnvelopeThreads({ threads: 2 })
const dataKey = fromHex(key)
const { size } = await stat(file)
const envelope = await threads.open({ file }, size, { key: dataKey, context: fromHex(context) })
zeroise(dataKey)
const { plaintextLength } = envelope
await envelope.unsealInto(new SharedArrayBuffer(plaintextLength), [{ offset: 0, length: plaintextLength }])
await say('open')
await envelope.close()
collectGarbage?.()
await say('closed')
process.exit(0)
