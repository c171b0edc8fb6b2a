import { between, draw, money, oneOf, rowsAt, rowsUpTo, type Scale } from './draw.ts'
import { customersAt } from './parties.ts'
import { partsAt, retailPrice, supplierOf } from './parts.ts'
import { comment, joinPassage } from './text.ts'
import { instructions, priorities, shipModes } from './words.ts'

const mostLines = 7
/** The day on which it is told what is open (§4.2.2.12). */
const today = "DATE '1995-06-17'"

export function ordersAt(scale: Scale): number {
  return rowsAt(scale, 1_500_000)
}

/** SQL of the key of the `i`th order: eight of every 32 keys are used (§4.2.3). */
const orderKey = '((i // 8) * 32 + i % 8)'

/** From 1992-01-01 to 151 days before the end of 1998. */
function orderDate(scale: Scale): string {
  return `(DATE '1992-01-01' + ${draw(scale, 'o_orderdate', 'i', 2406)}::INTEGER)`
}

function linesOf(scale: Scale): string {
  return between(scale, 'lines', 'i', 1, mostLines)
}

/** SQL of the fields of line `n` of order `i` that the order's own fields follow from. */
function line(scale: Scale, n: string | number) {
  const row = `(i * 8 + ${n})`
  const part = between(scale, 'l_partkey', row, 1, partsAt(scale))
  const quantity = between(scale, 'l_quantity', row, 1, 50)
  return {
    row,
    part,
    quantity,
    discount: draw(scale, 'l_discount', row, 11),
    tax: draw(scale, 'l_tax', row, 9),
    /** days after the order */
    shipped: between(scale, 'l_shipdate', row, 1, 121),
    cents: `(${quantity} * ${retailPrice(part)})`,
  }
}

/** An order's status and price follow from its lines, which are drawn again for it: nothing has to be kept or sorted. */
export function ordersSql(scale: Scale): string {
  const lines = Array.from({ length: mostLines }, (_, index) => ({ ...line(scale, index + 1), n: index + 1 }))
  const charged = lines.map(
    ({ n, cents, discount, tax }) => `CASE WHEN lines >= ${n} THEN ${cents} * (100 - ${discount}) * (100 + ${tax}) ELSE 0 END`,
  )
  const open = lines.map(({ n, shipped }) => `(lines >= ${n} AND day + ${shipped}::INTEGER > ${today})::INTEGER`)
  const customer = draw(scale, 'o_custkey', 'i', Math.round((customersAt(scale) / 3) * 2))
  return `SELECT ${orderKey} AS o_orderkey, ((drawn // 2) * 3 + drawn % 2 + 1)::INTEGER AS o_custkey,
      CASE unshipped WHEN 0 THEN 'F' WHEN lines THEN 'O' ELSE 'P' END AS o_orderstatus,
      ${money('(charged + 5000) // 10000')} AS o_totalprice, day AS o_orderdate,
      ${oneOf(scale, 'o_orderpriority', 'i', priorities)} AS o_orderpriority,
      'Clerk#' || lpad(${between(scale, 'o_clerk', 'i', 1, Math.max(1, rowsAt(scale, 1000)))}::VARCHAR, 9, '0') AS o_clerk,
      0::INTEGER AS o_shippriority, ${comment(scale, 'o_comment', 'i', 19, 78)} AS o_comment
    FROM (SELECT *, ${charged.join(' + ')} AS charged, ${open.join(' + ')} AS unshipped, ${customer} AS drawn
      FROM (SELECT i, ${linesOf(scale)} AS lines, ${orderDate(scale)} AS day FROM ${rowsUpTo(ordersAt(scale))}))
    ${joinPassage(scale, 'o_comment', 'i')}`
}

export function lineitemSql(scale: Scale): string {
  const { row, part, quantity, discount, tax, shipped } = line(scale, 'n')
  const fields = {
    part,
    quantity,
    discount,
    tax,
    shipped: `day + ${shipped}::INTEGER`,
    commit: `day + ${between(scale, 'l_commitdate', row, 30, 90)}::INTEGER`,
  }
  const drawn = Object.entries(fields).map(([name, sql]) => `${sql} AS ${name}`)
  return `SELECT ${orderKey} AS l_orderkey, part::INTEGER AS l_partkey,
      ${supplierOf(scale, 'part', draw(scale, 'l_suppkey', row, 4))}::INTEGER AS l_suppkey, n::INTEGER AS l_linenumber,
      quantity::DECIMAL(15,2) AS l_quantity, ${money(`quantity * ${retailPrice('part')}`)} AS l_extendedprice,
      ${money('discount')} AS l_discount, ${money('tax')} AS l_tax,
      CASE WHEN received > ${today} THEN 'N' WHEN ${draw(scale, 'l_returnflag', row, 2)} = 0 THEN 'R' ELSE 'A' END AS l_returnflag,
      CASE WHEN shipped > ${today} THEN 'O' ELSE 'F' END AS l_linestatus,
      shipped AS l_shipdate, commit AS l_commitdate, received AS l_receiptdate,
      ${oneOf(scale, 'l_shipinstruct', row, instructions)} AS l_shipinstruct, ${oneOf(scale, 'l_shipmode', row, shipModes)} AS l_shipmode,
      ${comment(scale, 'l_comment', row, 10, 43)} AS l_comment
    FROM (SELECT *, shipped + ${between(scale, 'l_receiptdate', row, 1, 30)}::INTEGER AS received
      FROM (SELECT i, n, ${drawn.join(', ')}
        FROM (SELECT i, n, ${orderDate(scale)} AS day
          FROM ${rowsUpTo(ordersAt(scale))}, range(1, ${mostLines + 1}) u(n) WHERE n <= ${linesOf(scale)})))
    ${joinPassage(scale, 'l_comment', row)}`
}
