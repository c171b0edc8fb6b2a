import { getImportKey, importWrappedKey, listManifests, type Session, writeNewBytes, writeNewFile } from '@reinraum/client'
import { digestId, fromBase64url, ReinraumError } from '@reinraum/crypto'
import {
  type ImportKey,
  type Manifest,
  type Verified,
  type VerifiedContract,
  verifyImportKey,
  verifyManifest,
} from '@reinraum/statements'
import type { Command } from 'commander'
import { bind, type Exit, type Invocation } from '../command.ts'
import { readBytes, readSmallFile } from '../files.ts'
import { type Io, lines } from '../output.ts'
import { isId, readContract, withContract } from '../party.ts'

const maximumStatement = 1 << 20
const maximumWrappedKey = 8192

interface ImportKeyOptions {
  readonly contract: string
  readonly out: string
  readonly statement?: string
  readonly from?: string
}

/** `keys import-key` and `keys import`: data keys that come wrapped out of an owner's HSM. */
export function keysImportCommands(keys: Command, io: Io, exit: Exit): void {
  bind<ImportKeyOptions>(
    keys
      .command('import-key')
      .description('the RSA key to which an HSM wraps a data key for a key service, verified before it is written')
      .argument('<key service>')
      .requiredOption('--contract <id or file>')
      .requiredOption('--out <file>', 'where the public key goes, in PEM')
      .option('--statement <file>', "write the key service's signed statement here, to verify it elsewhere")
      .option('--from <file>', 'such a statement; with the contract from a file, no connection is made'),
    io,
    exit,
    async (invocation, options, service = '') => {
      const { id, document, bytes } = await readImportKey(invocation, options, service)
      const { statement } = options
      const spki = fromBase64url(document.publicKey)
      await writeNewFile(options.out, async (file) => {
        await writeNewBytes(file, pemOf(spki), 0o644)
        if (statement !== undefined) await writeNewBytes(statement, bytes, 0o644)
      })
      const { keyService, version, algorithm, validity } = document
      const print = digestId(spki)
      return {
        text: lines([
          ['key service', keyService],
          ['version', version],
          ['algorithm', algorithm],
          ['opens until', validity.notAfter],
          ['fingerprint', print],
        ]),
        json: { statement: id, keyService, version, algorithm, validity, fingerprint: print, file: options.out },
      }
    },
  )

  bind<{ contract: string; manifest: string; keyVersion?: string }>(
    keys
      .command('import')
      .description('hand a data key to its key service, as an HSM wrapped it (RSA-OAEP with SHA-256, then AES-KWP)')
      .argument('<file>', 'the two parts one after the other')
      .requiredOption('--contract <id or file>')
      .requiredOption('--manifest <id or file>', 'the dataset version that the key opens')
      .option('--key-version <number>', 'of the import key that it was wrapped to; the one in use unless given'),
    io,
    exit,
    (invocation, options, file = '') =>
      withContract(invocation, options.contract, async (session, contract) => {
        const wrappedKey = await readSmallFile(file, maximumWrappedKey)
        const manifest = await readManifest(session, contract, options.manifest)
        const version = versionOf(options)
        const imported = await importWrappedKey(session, { contract, manifest, wrappedKey, ...version })
        const state = imported.created ? 'imported' : 'was there already'
        return {
          text: `the key of ${manifest.document.slot}, version ${manifest.document.version}: ${state}, in ${imported.keyService}`,
          json: { manifest: manifest.id, ...imported },
        }
      }),
  )
}

async function readImportKey(
  invocation: Invocation,
  { contract: reference, from }: ImportKeyOptions,
  keyService: string,
): Promise<Verified<ImportKey>> {
  if (from === undefined)
    return withContract(invocation, reference, (session, contract) => getImportKey(session, contract, keyService))
  if (isId(reference)) throw new ReinraumError('invalid-argument', 'with --from, the contract is read from a file too')
  const statement = await readSmallFile(from, maximumStatement)
  const contract = await readContract(invocation, reference)
  return verifyImportKey(statement, contract, { keyService, now: invocation.io.now() })
}

async function readManifest(session: Session, contract: VerifiedContract, reference: string): Promise<Verified<Manifest>> {
  if (!isId(reference)) return verifyManifest(await readBytes(reference), contract, session.now())
  const found = (await listManifests(session, contract)).find(({ id }) => id === reference)
  if (found === undefined) throw new ReinraumError('not-found', 'the contract has no such dataset version')
  return found
}

function versionOf({ keyVersion }: { readonly keyVersion?: string }): { readonly version?: number } {
  if (keyVersion === undefined) return {}
  if (!/^[1-9]\d{0,8}$/.test(keyVersion))
    throw new ReinraumError('invalid-argument', 'the version of an import key is a number from 1')
  return { version: Number(keyVersion) }
}

/** RFC 7468 §13. */
function pemOf(spki: Uint8Array): string {
  const base64 = Buffer.from(spki)
    .toString('base64')
    .replace(/.{64}(?=.)/g, '$&\n')
  return `-----BEGIN PUBLIC KEY-----\n${base64}\n-----END PUBLIC KEY-----\n`
}
