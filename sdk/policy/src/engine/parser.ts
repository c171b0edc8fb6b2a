import type { DuckDBInstance, DuckDBPreparedStatement } from '@duckdb/node-api'
import { onlyText } from './only-text.ts'

/** Turns text into AST: nothing of the text is executed or bound to names. */
export interface Parser {
  /** The AST as JSON text, every field written out, so that the strict shapes see defaults too. */
  readonly parse: (sql: string) => Promise<string>
  /** The same without fields that have the value they have by default, which is a quarter of it. */
  readonly parseBriefly: (sql: string) => Promise<string>
  /** words that are names only in quotes, and a few more */
  readonly keywords: ReadonlySet<string>
}

const serialize = (skipDefault: boolean) =>
  `SELECT json_serialize_sql($1::VARCHAR, skip_null := false, skip_empty := false, skip_default := ${skipDefault})`

/** On a connection of its own, with a statement prepared once: preparing costs more than parsing a short query. */
export async function openParser(instance: DuckDBInstance): Promise<Parser & { readonly close: () => void }> {
  const connection = await instance.connect()
  const words = await connection.runAndReadAll('SELECT keyword_name FROM duckdb_keywords()')
  const whole = await connection.prepare(serialize(false))
  const brief = await connection.prepare(serialize(true))
  let last: Promise<unknown> = Promise.resolve()
  // one after the other: what is bound to a statement is of one text only
  const inTurn = (prepared: DuckDBPreparedStatement, sql: string) => {
    const parsed = last.then(() => parseWith(prepared, sql))
    last = parsed.catch(() => {})
    return parsed
  }
  return {
    keywords: new Set(words.getRows().map(([word]) => String(word))),
    parse: (sql) => inTurn(whole, sql),
    parseBriefly: (sql) => inTurn(brief, sql),
    close() {
      whole.destroySync()
      brief.destroySync()
      connection.closeSync()
    },
  }
}

async function parseWith(prepared: DuckDBPreparedStatement, sql: string): Promise<string> {
  prepared.bindVarchar(1, sql)
  return onlyText(prepared)
}
