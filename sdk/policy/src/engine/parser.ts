import type { DuckDBInstance, DuckDBPreparedStatement } from '@duckdb/node-api'
import { onlyText } from './only-text.ts'

/** Turns text into AST: nothing of the text is executed or bound to names. */
export interface Parser {
  /** The AST as JSON text, every field written out, so that the strict shapes see defaults too. */
  readonly parse: (sql: string) => Promise<string>
  /** words that are names only in quotes, and a few more */
  readonly keywords: ReadonlySet<string>
}

const statement = 'SELECT json_serialize_sql($1::VARCHAR, skip_null := false, skip_empty := false, skip_default := false)'

/** On a connection of its own, with a statement prepared once: preparing costs more than parsing a short query. */
export async function openParser(instance: DuckDBInstance): Promise<Parser & { readonly close: () => void }> {
  const connection = await instance.connect()
  const words = await connection.runAndReadAll('SELECT keyword_name FROM duckdb_keywords()')
  const prepared = await connection.prepare(statement)
  let last: Promise<unknown> = Promise.resolve()
  return {
    keywords: new Set(words.getRows().map(([word]) => String(word))),
    // one after the other: what is bound to the statement is of one text only
    parse(sql) {
      const parsed = last.then(() => parseWith(prepared, sql))
      last = parsed.catch(() => {})
      return parsed
    },
    close() {
      prepared.destroySync()
      connection.closeSync()
    },
  }
}

async function parseWith(prepared: DuckDBPreparedStatement, sql: string): Promise<string> {
  prepared.bindVarchar(1, sql)
  return onlyText(prepared)
}
