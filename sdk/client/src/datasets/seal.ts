import { keyCheckValue, ReinraumError, randomBytes, toBase64url, utf8, zeroise } from '@reinraum/crypto'
import {
  keyCustodyOf,
  type Lineage,
  type Manifest,
  type ManifestCore,
  manifestCoreContext,
  type Slot,
  signStatement,
  type Verified,
  type VerifiedContract,
  verifyManifest,
} from '@reinraum/statements'
import { memberOf } from '../contracts.ts'
import { listManifests } from '../manifests.ts'
import type { Session } from '../session.ts'
import { depositKey, verifyCustody } from './deposit-key.ts'
import { uploadWhileWritten } from './early-upload.ts'
import { completeFile } from './growing-file.ts'
import {
  type Asked,
  type Attempt,
  beginPending,
  ciphertextPath,
  findPending,
  fingerprint,
  type SealedPending,
  savePending,
} from './pending.ts'
import { sealFile } from './seal-file.ts'
import { progressOf, type SealProgress } from './seal-progress.ts'
import { type CountedUnits, rowsToKeep, statedRows, unitToCount } from './stated-rows.ts'
import { discardUpload, uploadCiphertext } from './upload.ts'

export interface SealOptions {
  readonly contract: VerifiedContract
  readonly slot: string
  /** Parquet, CSV, TSV, JSON or NDJSON, in the clear, on this machine */
  readonly file: string
  /** a private folder of this party for ciphertext that is not uploaded yet */
  readonly stateDirectory: string
  /**
   * 32 random bytes from elsewhere, used for this dataset version only; without it a fresh key is made.
   * The caller overwrites it.
   */
  readonly dataKey?: Uint8Array
  /** which data it is, whatever the contract and the slot: where the rule asks for noise, its budget goes by this name */
  readonly lineage?: Lineage
  /**
   * A column of the slot in whose order the rows are sealed; the manifest says so. Queries that ask for part of its values then
   * read only row groups that may hold them, and whoever stores the object sees which.
   */
  readonly clusterBy?: string
  /** leaves out rows of a privacy unit beyond the rule's `maxRowsPerUnit`, so that no query has to */
  readonly withinBounds?: boolean
  /** MiB that the engine may take; 512 unless given. Rows that take more than a third of it are clustered in several readings. */
  readonly memory?: number
  /** false leaves the key to `importWrappedKey`; only where `dataKey` is given, and one key service holds all of it */
  readonly deposit?: boolean
  readonly onProgress?: (progress: SealProgress) => void
  readonly signal?: AbortSignal
}

export interface SealedDataset {
  readonly manifest: Verified<Manifest>
  /** an earlier, interrupted upload of the same file, asked for in the same way, was continued */
  readonly resumed: boolean
  /**
   * What was counted where the rule asks for noise, or rows were to stay within bounds: for the owner, since it is exact. What
   * the manifest states of it is `unit`. Absent where an earlier upload was continued.
   */
  readonly units?: CountedUnits
}

/**
 * The owner's side of step 2: verifies the key service, seals the file under a fresh data key and uploads the ciphertext while it
 * grows, hands the key to the key service, then commits the upload and publishes the manifest. Interrupted once all is sealed,
 * it continues where it stopped if it is called in the same way again; before, nothing can be continued, since the key is nowhere
 * but in memory.
 * @throws ReinraumError `not-found` (no such slot), `permission-denied` (of another owner), `invalid-argument` (options that the
 *   slot or its rule cannot have), `unsupported` (a key in several shares that is not deposited here; more units than can be
 *   bounded), `unreadable-input`, `schema-mismatch`, `storage-full`, `resource-exhausted` (too many or too long uploads),
 *   `ciphertext-mismatch` (see `uploadCiphertext`), `unavailable`, and those of `verifyKeyService`; the reason of `signal`
 */
export async function sealDataset(session: Session, options: SealOptions): Promise<SealedDataset> {
  const { contract, file, stateDirectory } = options
  const slot = contract.document.slots.find((s) => s.id === options.slot)
  if (slot === undefined) throw new ReinraumError('not-found', `the contract has no slot ${options.slot}`)
  if (slot.owner !== memberOf(session, contract).id)
    throw new ReinraumError('permission-denied', `slot ${slot.id} belongs to ${slot.owner}`)
  assertDepositedLater(options, slot)
  assertLineageGiven(options, slot)
  assertSealable(options, slot)
  const source = await fingerprint(file).catch(() => ({ path: file, size: -1, modified: 0 }))
  const attempt = { contract: contract.id, slot: slot.id, source, asked: askedOf(options, slot) }
  const earlier = await findPending(stateDirectory, attempt).catch(() => undefined)
  const { pending, units } =
    earlier?.sealed === undefined
      ? await sealAndUpload(session, options, slot, attempt, earlier?.upload)
      : { pending: earlier.sealed, units: undefined }
  const manifest = await verifyManifest(pending.manifest, contract, session.now())
  const totalBytes = manifest.document.length
  const upload = {
    contract: contract.bytes,
    slot: slot.id,
    name: pending.upload,
    file: completeFile(pending.ciphertext, totalBytes),
    onProgress: (durableBytes: number) => options.onProgress?.({ step: 'uploading', durableBytes, totalBytes }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  }
  await uploadCiphertext(session, upload, pending.manifest)
  await session.governance.publishManifest({ manifest: pending.manifest })
  await pending.discard()
  return { manifest, resumed: earlier?.sealed !== undefined, ...(units === undefined ? {} : { units }) }
}

function assertDepositedLater({ dataKey, deposit = true }: SealOptions, slot: Slot): void {
  if (dataKey !== undefined && dataKey.length !== 32) throw new ReinraumError('invalid-argument', 'a data key has 32 bytes')
  if (deposit) return
  if (dataKey === undefined)
    throw new ReinraumError('invalid-argument', 'a key that is made here and not handed over would be lost')
  if (keyCustodyOf(slot).services.length > 1)
    throw new ReinraumError('unsupported', 'a key in several shares is handed over where it is split')
}

/** Before a file is sealed for an hour. */
function assertLineageGiven({ lineage }: SealOptions, { id, rule }: Slot): void {
  if (rule.differentialPrivacy !== undefined && lineage === undefined)
    throw new ReinraumError('invalid-argument', `the rule of ${id} asks for noise: say which dataset it is that the budget is of`)
}

function assertSealable({ clusterBy, withinBounds = false }: SealOptions, { id, schema, rule }: Slot): void {
  if (clusterBy !== undefined && !schema.columns.some(({ name }) => name === clusterBy))
    throw new ReinraumError('invalid-argument', `rows cannot be clustered by ${clusterBy}: slot ${id} declares no such column`)
  if (withinBounds && rowsToKeep(rule) === undefined)
    throw new ReinraumError('invalid-argument', `the rule of ${id} has no maxRowsPerUnit to stay within`)
}

/** An upload is continued only where the same is asked for again: else the owner would be told of what is not there. */
function askedOf(
  { clusterBy, withinBounds = false, lineage, dataKey, deposit = true, contract }: SealOptions,
  slot: Slot,
): Asked {
  const place = utf8(`${contract.id}/${slot.id}`)
  return {
    clusterBy: clusterBy ?? null,
    withinBounds,
    lineage: lineage ?? null,
    keyCheck: dataKey === undefined ? null : toBase64url(keyCheckValue(dataKey, place)),
    deposit,
  }
}

interface Sealed {
  readonly pending: SealedPending
  readonly units: CountedUnits | undefined
}

/** @param abandoned the name of an earlier upload that cannot be continued */
async function sealAndUpload(
  session: Session,
  options: SealOptions,
  slot: Slot,
  attempt: Attempt,
  abandoned?: Uint8Array,
): Promise<Sealed> {
  const { contract, file, stateDirectory } = options
  const custody = await verifyCustody(session, contract, slot)
  const versions = (await listManifests(session, contract))
    .filter((m) => m.document.slot === slot.id)
    .map((m) => m.document.version)
  const core: ManifestCore = { contract: contract.id, slot: slot.id, version: Math.max(0, ...versions) + 1, schema: slot.schema }
  const ciphertext = await ciphertextPath(stateDirectory, contract.id, slot.id)
  const { withinBounds = false, clusterBy } = options
  const kept = withinBounds ? rowsToKeep(slot.rule) : undefined
  const unit = kept?.column ?? unitToCount(slot.rule)
  const place = { contract: contract.bytes, slot: slot.id, name: randomBytes(16) }
  if (abandoned !== undefined) await discardUpload(session, { ...place, name: abandoned }).catch(() => undefined)
  const record = { ...attempt, ciphertext, upload: place.name }
  const begun = await beginPending(stateDirectory, record)
  const progress = progressOf(options.onProgress)
  const upload = uploadWhileWritten(session, place, ciphertext, { onProgress: progress.durable, signal: options.signal })
  const dataKey = options.dataKey === undefined ? randomBytes(32) : Uint8Array.from(options.dataKey)
  try {
    const {
      mostRowsPerUnit: most = null,
      leftOut,
      ...sealed
    } = await sealFile({
      file,
      schema: slot.schema,
      target: ciphertext,
      key: dataKey,
      context: manifestCoreContext(core),
      ...(unit === undefined ? {} : { unit }),
      ...(kept === undefined ? {} : { rowsAtMost: kept.rowsAtMost }),
      ...(clusterBy === undefined ? {} : { clusterBy }),
      ...(options.memory === undefined ? {} : { memory: options.memory }),
      onProgress(sealedBytes, share) {
        upload.grown(sealedBytes)
        progress.sealed(sealedBytes, share)
      },
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    })
    upload.complete()
    progress.complete()
    const units = unit === undefined ? undefined : { column: unit, most, ...(withinBounds ? { leftOut } : {}) }
    const stated = units === undefined ? undefined : statedRows(slot.rule, units, sealed.rowCount)
    const document: Manifest = {
      kind: 'reinraum/manifest/v1',
      ...core,
      by: slot.owner,
      ...sealed,
      ...(stated === undefined ? {} : { unit: stated }),
      ...(clusterBy === undefined ? {} : { clusteredBy: clusterBy }),
      ...(options.lineage === undefined ? {} : { lineage: options.lineage }),
      envelope: 'c2sp-cobblestone-256',
      key: toBase64url(randomBytes(16)),
      keyCheck: toBase64url(keyCheckValue(dataKey, manifestCoreContext(core))),
      createdAt: session.now().toISOString(),
    }
    const manifest = await signStatement(document, session.signer)
    if (options.deposit !== false) await depositKey(session, custody, { contract, manifest, dataKey })
    const pending = await savePending(stateDirectory, { ...record, manifest })
    await upload.ended
    return { pending, units }
  } catch (error) {
    await upload.abandon()
    await begun.discard()
    throw error
  } finally {
    zeroise(dataKey)
  }
}
