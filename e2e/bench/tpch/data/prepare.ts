import { createReadStream } from 'node:fs'
import { mkdir, open, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { sealFile } from '@reinraum/client'
import { canonicalBytes, digestId, randomBytes, toBase64url, unsealStream, utf8 } from '@reinraum/crypto'
import { type Manifest, manifestCoreContext, type Verified } from '@reinraum/statements'
import { missedChecks } from '../generate/check.ts'
import type { Scale } from '../generate/draw.ts'
import { generated, openGenerator } from '../generate/generate.ts'
import { type TableOf, tables } from '../tables.ts'

/** One table as an owner seals it, and the same Parquet bytes in the clear. */
export interface SealedTable extends TableOf {
  readonly manifest: Verified<Manifest>
  readonly key: Uint8Array
  readonly ciphertext: string
  readonly plain: string
  /** bytes of the file that was sealed, and of what came of it */
  readonly bytes: { readonly source: number; readonly plain: number; readonly ciphertext: number }
  readonly sealSeconds: number
}

export interface Prepared {
  readonly tables: readonly SealedTable[]
  readonly generateSeconds: number
}

/**
 * Generates the tables one after the other, seals each with the client's own sealing, and unseals it whole beside it: plain DuckDB
 * reads the very Parquet bytes that are in the envelope.
 * @throws when the tables do not have the properties that the specification asks for
 */
export async function prepare(scale: Scale, folder: string, threads: number): Promise<Prepared> {
  await mkdir(folder, { recursive: true })
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: '2GiB', threads: String(threads), temp_directory: '' })
  const connection = await instance.connect()
  try {
    const started = performance.now()
    await openGenerator(connection, scale)
    let generateSeconds = (performance.now() - started) / 1000
    const sealed: SealedTable[] = []
    for (const table of tables) {
      const source = join(folder, `${table.name}.generated.parquet`)
      const began = performance.now()
      await connection.run(`COPY (${generated(table.name, scale)}) TO '${source}' (FORMAT parquet, COMPRESSION lz4)`)
      generateSeconds += (performance.now() - began) / 1000
      sealed.push(await sealTable(table, source, folder))
      await rm(source)
    }
    await check(connection, sealed, scale)
    return { tables: sealed, generateSeconds }
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

async function sealTable(table: TableOf, source: string, folder: string): Promise<SealedTable> {
  const { name, schema, clusterBy } = table
  const core = { contract: digestId(utf8('TPC-H-derived')), slot: name, version: 1, schema }
  const [key, context] = [randomBytes(32), manifestCoreContext(core)]
  const ciphertext = join(folder, `${name}.sealed`)
  const started = performance.now()
  const clustered = clusterBy === undefined ? {} : { clusterBy }
  const { rowCount, object, length } = await sealFile({ file: source, schema, target: ciphertext, key, context, ...clustered })
  const sealSeconds = (performance.now() - started) / 1000
  const plain = join(folder, `${name}.parquet`)
  await unsealTo(ciphertext, plain, { key, context })
  const document = {
    kind: 'reinraum/manifest/v1',
    ...core,
    by: 'owner',
    rowCount,
    object: object,
    length,
    ...(clusterBy === undefined ? {} : { clusteredBy: clusterBy }),
    envelope: 'c2sp-cobblestone-256',
    key: toBase64url(randomBytes(16)),
  }
  const bytes = { source: (await stat(source)).size, plain: (await stat(plain)).size, ciphertext: length }
  return { ...table, manifest: asManifest(document), key, ciphertext, plain, bytes, sealSeconds }
}

async function unsealTo(ciphertext: string, target: string, options: { key: Uint8Array; context: Uint8Array }): Promise<void> {
  const out = await open(target, 'wx', 0o600)
  try {
    const stored = createReadStream(ciphertext, { highWaterMark: 1 << 20 })
    for await (const piece of unsealStream(stored, options)) await out.writeFile(piece)
  } finally {
    await out.close()
  }
}

/** Nobody signs anything here: the data path asks the manifest for its id and its document alone. */
function asManifest(document: object): Verified<Manifest> {
  return { id: digestId(canonicalBytes(document)), document } as Verified<Manifest>
}

async function check(connection: DuckDBConnection, sealed: readonly SealedTable[], scale: Scale): Promise<void> {
  for (const { name, plain } of sealed) await connection.run(`CREATE VIEW ${name} AS SELECT * FROM read_parquet('${plain}')`)
  const missed = await missedChecks(connection, scale)
  if (missed.length > 0) throw new Error(`the generated tables are not TPC-H's: ${missed.join('; ')}`)
}
