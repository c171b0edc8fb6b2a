import { z } from 'zod'

/** The column types a slot may declare: DuckDB's names, without nesting. */
export const columnTypes = [
  'BOOLEAN',
  'TINYINT',
  'SMALLINT',
  'INTEGER',
  'BIGINT',
  'FLOAT',
  'DOUBLE',
  'DATE',
  'TIME',
  'TIMESTAMP',
  'VARCHAR',
] as const
export type ColumnType = (typeof columnTypes)[number]

const decimal = z.string().regex(/^DECIMAL\(([1-9]|[12][0-9]|3[0-8]),([0-9]|[12][0-9]|3[0-8])\)$/)

export const columnSchema = z.strictObject({
  name: z.string().min(1).max(128),
  type: z.union([z.enum(columnTypes), decimal]),
})
export type Column = z.infer<typeof columnSchema>

export const datasetSchemaSchema = z.strictObject({
  columns: z
    .array(columnSchema)
    .min(1)
    .max(1000)
    .refine((c) => new Set(c.map((x) => x.name.toLowerCase())).size === c.length, 'column names must differ, ignoring case'),
})
export type DatasetSchema = z.infer<typeof datasetSchemaSchema>
