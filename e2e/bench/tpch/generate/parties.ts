import { between, draw, money, oneOf, rowsAt, rowsUpTo, type Scale } from './draw.ts'
import { address, comment, joinPassage, phone } from './text.ts'
import { nations, regions, segments } from './words.ts'

/** Number of suppliers at a scale, which the keys of what they supply depend on. */
export function suppliersAt(scale: Scale): number {
  return rowsAt(scale, 10_000)
}

export function customersAt(scale: Scale): number {
  return rowsAt(scale, 150_000)
}

export function regionSql(scale: Scale): string {
  return `SELECT i::INTEGER AS r_regionkey, [${regions.map((name) => `'${name}'`)}][1 + i] AS r_name, ${comment(scale, 'r_comment', 'i', 31, 115)} AS r_comment
    FROM range(${regions.length}) t(i) ${joinPassage(scale, 'r_comment', 'i')} ORDER BY i`
}

export function nationSql(scale: Scale): string {
  const names = nations.map(([name]) => `'${name}'`)
  const regionOf = nations.map(([, region]) => region)
  return `SELECT i::INTEGER AS n_nationkey, [${names}][1 + i] AS n_name, [${regionOf}][1 + i]::INTEGER AS n_regionkey,
      ${comment(scale, 'n_comment', 'i', 31, 114)} AS n_comment
    FROM range(${nations.length}) t(i) ${joinPassage(scale, 'n_comment', 'i')} ORDER BY i`
}

/** Of every two thousand suppliers, one is complained of and one is recommended, at a place of its own (§4.2.3). */
export function supplierSql(scale: Scale): string {
  const written = comment(scale, 's_comment', 'i', 25, 100)
  const whole = Math.floor(suppliersAt(scale) / 2000) * 2000
  const chosen = (field: string) => `i <= ${whole} AND (i - 1) % 2000 = ${draw(scale, field, '(i - 1) // 2000', 2000)}`
  const before = `substr(written, 1, ${draw(scale, 's_remark before', 'i', 40)})`
  const remark = (word: string) =>
    `${before} || 'Customer ' || substr(passage, 1, ${draw(scale, 's_remark between', 'i', 30)}) || '${word}'`
  return `SELECT i::INTEGER AS s_suppkey, 'Supplier#' || lpad(i::VARCHAR, 9, '0') AS s_name, ${address(scale, 's_address', 'i')} AS s_address,
      nation::INTEGER AS s_nationkey, ${phone(scale, 's_phone', 'i', 'nation')} AS s_phone,
      ${money(between(scale, 's_acctbal', 'i', -99_999, 999_999))} AS s_acctbal,
      CASE WHEN ${chosen('s_complained')} THEN ${remark('Complaints')} WHEN ${chosen('s_recommended')} THEN ${remark('Recommends')} ELSE written END AS s_comment
    FROM (SELECT *, ${draw(scale, 's_nationkey', 'i', nations.length)} AS nation, ${written} AS written
      FROM ${rowsUpTo(suppliersAt(scale))} ${joinPassage(scale, 's_comment', 'i')}) ORDER BY i`
}

export function customerSql(scale: Scale): string {
  return `SELECT i::INTEGER AS c_custkey, 'Customer#' || lpad(i::VARCHAR, 9, '0') AS c_name, ${address(scale, 'c_address', 'i')} AS c_address,
      nation::INTEGER AS c_nationkey, ${phone(scale, 'c_phone', 'i', 'nation')} AS c_phone,
      ${money(between(scale, 'c_acctbal', 'i', -99_999, 999_999))} AS c_acctbal, ${oneOf(scale, 'c_mktsegment', 'i', segments)} AS c_mktsegment,
      ${comment(scale, 'c_comment', 'i', 29, 116)} AS c_comment
    FROM (SELECT *, ${draw(scale, 'c_nationkey', 'i', nations.length)} AS nation
      FROM ${rowsUpTo(customersAt(scale))} ${joinPassage(scale, 'c_comment', 'i')})`
}
