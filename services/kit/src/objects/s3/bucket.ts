import type { Readable } from 'node:stream'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { ReinraumError } from '@reinraum/crypto'
import type { S3Config } from '../objects-config.ts'
import { boundedHandler, slowestBytesPerMs } from './bounded-handler.ts'
import { readCredentials } from './credentials-file.ts'
import { refusalOf, s3Error } from './s3-error.ts'

export interface UploadedPart {
  readonly number: number
  readonly etag: string
  readonly length: number
}

export interface Upload {
  readonly key: string
  readonly id: string
}

/** The few requests that we need, on keys behind the prefix. Each ends within a time; each fails with a ReinraumError. */
export interface Bucket {
  /** `onlyNew`: false when there is an object already, which stays as it is */
  put(key: string, body: Uint8Array, options?: { readonly onlyNew?: boolean }): Promise<boolean>
  /** The bytes `[start, end)` in one request; nothing is repeated. @throws ReinraumError `ciphertext-mismatch` for other ones */
  get(key: string, start: number, end: number, signal?: AbortSignal): AsyncGenerator<Uint8Array>
  /** The first bytes, at most `limit`; undefined where there is no object. */
  beginning(key: string, limit: number): Promise<Buffer | undefined>
  lengthOf(key: string): Promise<number | undefined>
  remove(key: string): Promise<void>
  /** One page (at most 1000) of what begins so. */
  list(prefix: string): Promise<readonly string[]>
  beginUpload(key: string): Promise<Upload>
  /** @returns the tag that names the part */
  uploadPart(upload: Upload, number: number, body: Uint8Array): Promise<string>
  /** false when the store knows no such upload, also because it is complete */
  completeUpload(upload: Upload, parts: readonly UploadedPart[]): Promise<boolean>
  abortUpload(upload: Upload): Promise<void>
  /** One page (at most 1000) of unfinished uploads to keys that begin so. */
  listUploads(prefix: string): Promise<readonly Upload[]>
  close(): void
}

/** @param patienceMs how long the store may take to answer, beside what a transfer takes by its length */
export async function openBucket(config: S3Config, ca: Buffer | undefined, patienceMs: number): Promise<Bucket> {
  await readCredentials(config.credentialsFile)
  const client = new S3Client({
    endpoint: config.endpoint,
    region: config.region,
    forcePathStyle: config.forcePathStyle,
    credentials: () => readCredentials(config.credentialsFile),
    requestHandler: boundedHandler(ca, patienceMs),
    maxAttempts: 3,
    retryMode: 'standard',
    // The signature covers the SHA-256 of every body. Further checksums are not understood by every store.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    followRegionRedirects: false,
    useArnRegion: false,
    useAccelerateEndpoint: false,
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    disableMultiregionAccessPoints: true,
    disableS3ExpressSessionAuth: true,
    defaultsMode: 'standard',
    userAgentAppId: undefined,
    logger: { debug() {}, info() {}, warn() {}, error() {} },
  })
  const at = (key: string) => ({ Bucket: config.bucket, Key: `${config.prefix ?? ''}${key}` })
  const within = (bytes = 0) => ({ abortSignal: AbortSignal.timeout(3 * patienceMs + Math.ceil(bytes / slowestBytesPerMs)) })
  /** Until there is an answer; its content has a measure of its own. */
  const answered = async <T>(send: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    const patience = new AbortController()
    const timer = setTimeout(() => patience.abort(), 3 * patienceMs)
    return send(patience.signal).finally(() => clearTimeout(timer))
  }
  const own = (key: string | undefined, prefix: string): string => {
    const start = `${config.prefix ?? ''}${prefix}`
    if (key === undefined || !key.startsWith(start)) throw nonsense('the object store lists what was not asked for')
    return key.slice((config.prefix ?? '').length)
  }

  return {
    async put(key, body, { onlyNew = false } = {}) {
      try {
        const condition = onlyNew ? { IfNoneMatch: '*' } : {}
        await client.send(new PutObjectCommand({ ...at(key), Body: body, ...condition }), within(body.length))
        return true
      } catch (error) {
        if (onlyNew && refusalOf(error).status === 412) return false
        throw s3Error(error)
      }
    },
    async *get(key, start, end, signal) {
      try {
        const answer = await answered((abortSignal) =>
          client.send(new GetObjectCommand({ ...at(key), Range: `bytes=${start}-${end - 1}` }), { abortSignal }),
        )
        const body = answer.Body as Readable
        const matches = new RegExp(`^bytes ${start}-${end - 1}/\\d+$`).test(answer.ContentRange ?? '')
        if (!matches) body.destroy()
        if (!matches) throw new ReinraumError('ciphertext-mismatch', 'the object store sends another range than was asked for')
        yield* exactly(body, end - start, patienceMs, signal)
      } catch (error) {
        throw s3Error(error)
      }
    },
    async beginning(key, limit) {
      try {
        const answer = await answered((abortSignal) =>
          client.send(new GetObjectCommand({ ...at(key), Range: `bytes=0-${limit - 1}` }), { abortSignal }),
        )
        const range = /^bytes 0-(\d{1,15})\/\d+$/.exec(answer.ContentRange ?? '')
        const body = answer.Body as Readable
        const length = Number(range?.[1] ?? Number.NaN) + 1
        if (!(length <= limit)) body.destroy()
        if (!(length <= limit)) throw nonsense('the object store sends another range than was asked for')
        const chunks: Uint8Array[] = []
        for await (const chunk of exactly(body, length, patienceMs)) chunks.push(chunk)
        return Buffer.concat(chunks)
      } catch (error) {
        if (isMissing(error)) return undefined
        throw s3Error(error)
      }
    },
    async lengthOf(key) {
      try {
        return (await client.send(new HeadObjectCommand(at(key)), within())).ContentLength
      } catch (error) {
        if (isMissing(error)) return undefined
        throw s3Error(error)
      }
    },
    async remove(key) {
      await client.send(new DeleteObjectCommand(at(key)), within()).catch((error: unknown) => {
        if (!isMissing(error)) throw s3Error(error)
      })
    },
    async list(prefix) {
      const { Bucket, Key } = at(prefix)
      const page = await client.send(new ListObjectsV2Command({ Bucket, Prefix: Key }), within()).catch(fail)
      return (page.Contents ?? []).map((entry) => own(entry.Key, prefix))
    },
    async beginUpload(key) {
      const { UploadId } = await client.send(new CreateMultipartUploadCommand(at(key)), within()).catch(fail)
      if (!isShortText(UploadId)) throw nonsense('the object store names no upload')
      return { key, id: UploadId }
    },
    async uploadPart({ key, id }, number, body) {
      const command = new UploadPartCommand({ ...at(key), UploadId: id, PartNumber: number, Body: body })
      const { ETag } = await client.send(command, within(body.length)).catch(fail)
      if (!isShortText(ETag)) throw nonsense('the object store names no part')
      return ETag
    },
    async completeUpload({ key, id }, parts) {
      const MultipartUpload = { Parts: parts.map(({ number, etag }) => ({ PartNumber: number, ETag: etag })) }
      const bytes = parts.reduce((sum, { length }) => sum + length, 0)
      try {
        await client.send(new CompleteMultipartUploadCommand({ ...at(key), UploadId: id, MultipartUpload }), within(bytes))
        return true
      } catch (error) {
        if (isMissing(error)) return false
        throw s3Error(error)
      }
    },
    async abortUpload({ key, id }) {
      await client.send(new AbortMultipartUploadCommand({ ...at(key), UploadId: id }), within()).catch((error: unknown) => {
        if (!isMissing(error)) throw s3Error(error)
      })
    },
    async listUploads(prefix) {
      const { Bucket, Key } = at(prefix)
      const page = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: Key }), within()).catch(fail)
      return (page.Uploads ?? []).map(({ Key: key, UploadId }) => {
        if (!isShortText(UploadId)) throw nonsense('the object store lists an upload without a name')
        return { key: own(key, prefix), id: UploadId }
      })
    },
    close: () => client.destroy(),
  }
}

function fail(error: unknown): never {
  throw s3Error(error)
}

function nonsense(message: string): ReinraumError {
  return new ReinraumError('unavailable', message)
}

function isMissing(error: unknown): boolean {
  const { name, status } = refusalOf(error)
  return status === 404 && name !== 'NoSuchBucket'
}

function isShortText(value: string | undefined): value is string {
  return value !== undefined && value.length > 0 && value.length <= 2048
}

/**
 * Passes on exactly so many bytes. Waiting is counted, the consumer's own time is not, so a store that hangs or drips is given
 * up and a slow reader is not.
 */
async function* exactly(body: Readable, length: number, patienceMs: number, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  let received = 0
  let waited = 0
  const abort = () => body.destroy(new ReinraumError('unavailable', 'the transfer was given up'))
  signal?.addEventListener('abort', abort)
  const chunks = body.iterator({ destroyOnReturn: true })
  try {
    for (;;) {
      const started = performance.now()
      const left = patienceMs + received / slowestBytesPerMs - waited
      const patience = setTimeout(abort, Math.min(patienceMs, Math.max(0, left)))
      const { value, done } = await chunks.next().finally(() => clearTimeout(patience))
      waited += performance.now() - started
      if (done === true) break
      received += (value as Buffer).length
      if (received > length) throw new ReinraumError('ciphertext-mismatch', 'the object store sends more than was asked for')
      yield value as Buffer
    }
  } finally {
    signal?.removeEventListener('abort', abort)
    body.destroy()
  }
  if (received < length) throw new ReinraumError('unavailable', 'the transfer broke off')
}
