import { concatBytes, ReinraumError, utf8 } from '@reinraum/crypto'
import { sizeClassOf } from './size-class.ts'

/** What is sealed as a run's result. A receipt names it, so that whoever opens a result knows how to read it. */
export const resultFileFormat = 'reinraum/result-file/v1'

// The format's name, the number of rows and the length of what follows (8 bytes each, big-endian), then the Parquet file, then
// zeros up to a size class. All of it is sealed: whoever stores it learns the class and nothing else.
const magic = utf8(resultFileFormat)
const headerLength = magic.length + 16
const pieceLength = 1 << 16

export interface ResultContent {
  readonly rowCount: number
  /** of the Parquet file, in bytes */
  readonly length: number
}

/** @throws ReinraumError `internal` when the source is not as long as was said */
export async function* writeResultFile(source: AsyncIterable<Uint8Array>, content: ResultContent): AsyncGenerator<Uint8Array> {
  yield headerOf(content)
  let length = 0
  for await (const piece of source) {
    length += piece.length
    yield piece
  }
  if (length !== content.length) throw new ReinraumError('internal', 'the result changed while it was written')
  let padding = sizeClassOf(headerLength + length) - headerLength - length
  for (; padding > 0; padding -= pieceLength) yield new Uint8Array(Math.min(padding, pieceLength))
}

/**
 * Hands on the Parquet file, piece by piece as it comes, and returns how many rows it has. Padding that is more, less, or
 * anything but zeros is no padding of ours.
 * @throws ReinraumError `receipt-invalid` when it is no result file
 */
export async function readResultFile(
  source: AsyncIterable<Uint8Array>,
  write: (piece: Uint8Array) => Promise<unknown>,
): Promise<ResultContent> {
  let start: Uint8Array = new Uint8Array()
  let content: ResultContent | undefined
  let read = 0
  const take = async (piece: Uint8Array) => {
    const rest = Math.max(0, Math.min(piece.length, (content?.length ?? 0) - read))
    if (rest > 0) await write(piece.subarray(0, rest))
    if (piece.subarray(rest).some((byte) => byte !== 0)) throw invalid()
    read += piece.length
  }
  for await (const piece of source) {
    if (content !== undefined) {
      await take(piece)
      continue
    }
    start = concatBytes(start, piece)
    if (start.length < headerLength) continue
    content = parseHeader(start)
    await take(start.subarray(headerLength))
  }
  if (content === undefined || headerLength + read !== sizeClassOf(headerLength + content.length)) throw invalid()
  return content
}

function headerOf({ rowCount, length }: ResultContent): Uint8Array {
  const numbers = new DataView(new ArrayBuffer(16))
  numbers.setBigUint64(0, BigInt(rowCount))
  numbers.setBigUint64(8, BigInt(length))
  return concatBytes(magic, new Uint8Array(numbers.buffer))
}

function parseHeader(bytes: Uint8Array): ResultContent {
  const numbers = new DataView(bytes.buffer, bytes.byteOffset + magic.length, 16)
  const content = { rowCount: Number(numbers.getBigUint64(0)), length: Number(numbers.getBigUint64(8)) }
  const known = magic.every((byte, i) => bytes[i] === byte)
  if (!known || !Number.isSafeInteger(content.rowCount) || !Number.isSafeInteger(content.length)) throw invalid()
  return content
}

function invalid(): ReinraumError {
  return new ReinraumError('receipt-invalid', `the result is no ${resultFileFormat}`)
}
