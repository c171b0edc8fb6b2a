import duckdb, { type Result, type Vector } from '@duckdb/node-bindings'
import type { TextRow } from './job.ts'

/** Source: `duckdb_string_t` of DuckDB's C interface. A length, then the text itself or, after its beginning, where it lies. */
const textBytes = 16
const longestInlined = 12

/** @throws unless every column is VARCHAR: of anything else, the bytes would be taken for addresses */
export async function textRows(result: Result): Promise<readonly TextRow[]> {
  const columns = Array.from({ length: duckdb.column_count(result) }, (_, i) => i)
  if (columns.some((i) => duckdb.column_type(result, i) !== duckdb.Type.VARCHAR)) throw new Error('a column is no text')
  const rows: TextRow[] = []
  for (;;) {
    const chunk = await duckdb.fetch_chunk(result)
    const count = chunk === null ? 0 : duckdb.data_chunk_get_size(chunk)
    if (chunk === null || count === 0) return rows
    const texts = columns.map((i) => textsOf(duckdb.data_chunk_get_vector(chunk, i), count))
    for (let row = 0; row < count; row++) rows.push(texts.map((column) => column[row] ?? null))
  }
}

function textsOf(vector: Vector, count: number): TextRow {
  const { buffer, byteOffset, byteLength } = duckdb.vector_get_data(vector, count * textBytes) as Uint8Array<ArrayBuffer>
  const bytes = Buffer.from(buffer, byteOffset, byteLength)
  // One bit per row, in words of 64; none where nothing is NULL.
  const valid = duckdb.vector_get_validity(vector, Math.ceil(count / 64) * 8) as Uint8Array | null
  return Array.from({ length: count }, (_, row) => {
    if (valid !== null && (((valid[row >> 3] ?? 0) >> (row & 7)) & 1) === 0) return null
    const at = row * textBytes
    const length = bytes.readUInt32LE(at)
    if (length <= longestInlined) return bytes.toString('utf8', at + 4, at + 4 + length)
    const elsewhere = duckdb.get_data_from_pointer(buffer, byteOffset + at + 8, length)
    return Buffer.from(elsewhere).toString('utf8')
  })
}
