import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { getHeapSnapshot } from 'node:v8'
import { fromHex, isReinraumError, toHex } from '@reinraum/crypto'
import { openPkcs11RootKey } from '../root-key/pkcs11/open-pkcs11-root-key.ts'

/**
 * A process that opens the root key of a token and does what each line of its input says: `wrap <hex>`, `unwrap <hex>`,
 * `close`, or `search <file>`, which looks in a snapshot of its own heap for the text that the file holds.
 * Arguments: module, token, key, file with the PIN, `create` or `open`.
 */
async function main([module = '', token = '', key = '', pinFile = '', mode]: readonly string[]): Promise<void> {
  const pin = await readFile(pinFile)
  const root = await attempt(() => openPkcs11RootKey({ module, token, key, pin, create: mode === 'create' }))
  if (typeof root === 'string') return say(root)
  say('opened')
  for await (const line of createInterface({ input: process.stdin })) {
    const [verb, argument = ''] = line.split(' ')
    if (verb === 'wrap') say(await attempt(async () => toHex(await root.wrap(fromHex(argument)))))
    else if (verb === 'unwrap') say(await attempt(async () => toHex(await root.unwrap(fromHex(argument)))))
    else if (verb === 'search') say(`${await isInHeap(await readFile(argument))}`)
    else root.close()
  }
}

async function attempt<Result>(work: () => Promise<Result>): Promise<Result | string> {
  try {
    return await work()
  } catch (error) {
    return `refused ${isReinraumError(error) ? error.code : 'internal'}`
  }
}

async function isInHeap(wanted: Buffer): Promise<boolean> {
  const parts: Buffer[] = []
  for await (const part of getHeapSnapshot()) parts.push(part)
  return Buffer.concat(parts).includes(wanted)
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

await main(process.argv.slice(2))
