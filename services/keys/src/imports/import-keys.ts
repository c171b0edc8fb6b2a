import {
  canonicalBytes,
  digestId,
  generateRsaAesKeyPair,
  openRecord,
  ReinraumError,
  rsaAesKeyWrap,
  sealRecord,
  toBase64url,
  zeroise,
} from '@reinraum/crypto'
import { type ImportKey, parseStatement, signStatement } from '@reinraum/statements'
import type { KeysDatabase, KeysTransaction } from '../store.ts'
import type { Vault } from '../vault.ts'
import { createWrappingKey, useWrappingKey } from '../wrapping-key.ts'

const day = 24 * 3600_000
/** A key opens what is wrapped to it for this long. */
export const importKeyLifetime = 30 * day
/** It is given out for the first half of that, so that whoever gets it has time to go to an HSM. */
const givenOut = importKeyLifetime / 2
/** Its owner's clock may be behind. */
const backdated = day / 24

type Row = KeysDatabase['import_keys']

const inTheMaking = new WeakMap<Vault, Promise<Uint8Array>>()

/** The import key to wrap to just now, as a signed statement. Made by the first who asks; others wait for the same one. */
export async function currentImportKey(vault: Vault): Promise<Uint8Array> {
  const now = vault.now().getTime()
  const newest = await vault.store.transaction(async (trx) => {
    await forgetImportKeys(trx, (row) => isOver(documentOf(row), now))
    return trx
      .selectFrom('import_keys')
      .selectAll()
      .where('sealed', 'is not', null)
      .orderBy('version', 'desc')
      .limit(1)
      .executeTakeFirst()
  })
  if (newest !== undefined && now - Date.parse(documentOf(newest).validity.notBefore) < givenOut) return newest.statement
  const making = inTheMaking.get(vault) ?? makeImportKey(vault, () => false).finally(() => inTheMaking.delete(vault))
  inTheMaking.set(vault, making)
  return making
}

/** Makes a new import key. All earlier ones open nothing any more. */
export async function rotateImportKey(vault: Vault): Promise<Uint8Array> {
  return makeImportKey(vault, () => true)
}

/**
 * Passes the private key (PKCS #8) of one version, and overwrites it afterwards.
 * @throws ReinraumError `key-unknown` when there is no such version, or it has ended
 */
export async function useImportKey<T>(vault: Vault, version: number, use: (privateKey: Uint8Array) => Promise<T>): Promise<T> {
  const row = await vault.store.db.selectFrom('import_keys').selectAll().where('version', '=', version).executeTakeFirst()
  // What ended it stands in the statement, which is authenticated with the key; a column could be written anew.
  if (!row?.sealed || !row.wrapped_key || isOver(documentOf(row), vault.now().getTime())) {
    throw new ReinraumError('key-unknown', 'there is no such import key, or not any more: ask for the one in use')
  }
  const place = placeOf(vault.id, row.version, row.statement)
  const { sealed } = row
  const key = await useWrappingKey(vault.root, row.wrapped_key, place, (kek) => openRecord(kek, sealed, canonicalBytes(place)))
  try {
    return await use(key)
  } finally {
    zeroise(key)
  }
}

async function makeImportKey(vault: Vault, ends: (row: Row) => boolean): Promise<Uint8Array> {
  const { publicKey, privateKey } = await generateRsaAesKeyPair()
  try {
    const row = await vault.store.transaction(async (trx) => {
      const { last } = await trx
        .selectFrom('import_keys')
        .select(({ fn }) => fn.max('version').as('last'))
        .executeTakeFirstOrThrow()
      const made = await sealImportKey(vault, (last ?? 0) + 1, publicKey, privateKey)
      await forgetImportKeys(trx, ends)
      await trx.insertInto('import_keys').values(made).execute()
      return made
    })
    vault.log.info({ version: row.version }, 'import key made')
    return row.statement
  } finally {
    zeroise(privateKey)
  }
}

async function sealImportKey(vault: Vault, version: number, publicKey: Uint8Array, privateKey: Uint8Array): Promise<Row> {
  const notBefore = vault.now().getTime() - backdated
  const document: ImportKey = {
    kind: 'reinraum/import-key/v1',
    keyService: vault.id,
    version,
    algorithm: rsaAesKeyWrap,
    publicKey: toBase64url(publicKey),
    validity: { notBefore: new Date(notBefore).toISOString(), notAfter: new Date(notBefore + importKeyLifetime).toISOString() },
  }
  const statement = await signStatement(document, vault.identity.signer)
  const place = placeOf(vault.id, version, statement)
  const wrapped = await createWrappingKey(vault.root, place)
  const sealed = await useWrappingKey(vault.root, wrapped, place, (key) => sealRecord(key, privateKey, canonicalBytes(place)))
  return { version, statement, wrapped_key: wrapped, sealed }
}

/** Deletes key material; the store overwrites what it deletes. */
async function forgetImportKeys(trx: KeysTransaction, ends: (row: Row) => boolean): Promise<void> {
  for (const row of await trx.selectFrom('import_keys').selectAll().where('sealed', 'is not', null).execute()) {
    if (!ends(row)) continue
    const nothing = { wrapped_key: null, sealed: null }
    await trx.updateTable('import_keys').set(nothing).where('version', '=', row.version).execute()
  }
}

function isOver({ validity }: ImportKey, now: number): boolean {
  return now > Date.parse(validity.notAfter)
}

function documentOf({ statement }: Pick<Row, 'statement'>): ImportKey {
  const { document } = parseStatement(statement)
  if (document.kind !== 'reinraum/import-key/v1')
    throw new ReinraumError('key-mismatch', 'an import key stands under another statement')
  return document
}

/** The statement says the public key and until when it counts: neither can change without the private key being lost. */
function placeOf(keyService: string, version: number, statement: Uint8Array) {
  return { v: 'reinraum/import-key-at-rest/v1', keyService, version, statement: digestId(statement) }
}
