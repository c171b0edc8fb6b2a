import { between, draw, money, oneOf, rowsAt, rowsUpTo, type Scale } from './draw.ts'
import { suppliersAt } from './parties.ts'
import { comment, joinPassage } from './text.ts'
import { colours, containers, types } from './words.ts'

export function partsAt(scale: Scale): number {
  return rowsAt(scale, 200_000)
}

/** SQL of the retail price of a part in cents (§4.2.3). */
export function retailPrice(part: string): string {
  return `(90000 + (${part} // 10) % 20001 + 100 * (${part} % 1000))`
}

/** SQL of the supplier of a part, the `which`th of four (§4.2.3): every part has four, and every supplier as many parts. */
export function supplierOf(scale: Scale, part: string, which: string): string {
  const suppliers = suppliersAt(scale)
  return `((${part} + ${which} * (${suppliers} // 4 + (${part} - 1) // ${suppliers})) % ${suppliers} + 1)`
}

export function partSql(scale: Scale): string {
  const of = (field: string, words: readonly string[]) => oneOf(scale, `p_${field}`, 'i', words)
  const [size, treatment, metal] = types
  const [measure, vessel] = containers
  return `SELECT i::INTEGER AS p_partkey,
      array_to_string(list_transform(chosen, lambda c: [${colours.map((colour) => `'${colour}'`)}][1 + c]), ' ') AS p_name,
      'Manufacturer#' || maker AS p_mfgr, 'Brand#' || maker || ${between(scale, 'p_brand', 'i', 1, 5)} AS p_brand,
      ${of('type size', size)} || ' ' || ${of('type treatment', treatment)} || ' ' || ${of('type metal', metal)} AS p_type,
      ${between(scale, 'p_size', 'i', 1, 50)}::INTEGER AS p_size,
      ${of('container measure', measure)} || ' ' || ${of('container vessel', vessel)} AS p_container,
      ${money(retailPrice('i'))} AS p_retailprice, ${comment(scale, 'p_comment', 'i', 5, 22)} AS p_comment
    FROM (SELECT *, ${between(scale, 'p_mfgr', 'i', 1, 5)} AS maker FROM ${fiveColours(scale)} ${joinPassage(scale, 'p_comment', 'i')})`
}

/** Rows `i, chosen`: five different colours, of which every selection in every order is as likely as the others. */
function fiveColours(scale: Scale): string {
  let rows = `(SELECT i, CAST([] AS BIGINT[]) AS chosen FROM ${rowsUpTo(partsAt(scale))})`
  for (let taken = 0; taken < 5; taken++) {
    // One of those that are left, by its number among them; each that is taken and not above it moves it up by one.
    const drawn = draw(scale, `p_name ${taken}`, 'i', colours.length - taken)
    const moved = `list_reduce(list_sort(chosen), lambda c, other: c + (c >= other)::BIGINT, ${drawn})`
    rows = `(SELECT i, list_append(chosen, ${moved}) AS chosen FROM ${rows})`
  }
  return rows
}

export function partsuppSql(scale: Scale): string {
  const row = '(i * 4 + which)'
  return `SELECT i::INTEGER AS ps_partkey, ${supplierOf(scale, 'i', 'which')}::INTEGER AS ps_suppkey,
      ${between(scale, 'ps_availqty', row, 1, 9999)}::INTEGER AS ps_availqty,
      ${money(between(scale, 'ps_supplycost', row, 100, 100_000))} AS ps_supplycost,
      ${comment(scale, 'ps_comment', row, 49, 198)} AS ps_comment
    FROM (SELECT * FROM ${rowsUpTo(partsAt(scale))}, range(4) u(which)) ${joinPassage(scale, 'ps_comment', row)}`
}
