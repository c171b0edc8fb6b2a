import type { Check } from './check.ts'
import { rowsAt, type Scale } from './draw.ts'
import { ordersAt } from './orders.ts'
import { customersAt, suppliersAt } from './parties.ts'
import { partsAt, retailPrice } from './parts.ts'

const today = "DATE '1995-06-17'"

export function rowChecks(scale: Scale): readonly Check[] {
  const orders = ordersAt(scale)
  const rows = (table: string, expected: number) => exactly(`rows of ${table}`, `SELECT count(*) FROM ${table}`, expected)
  return [
    rows('region', 5),
    rows('nation', 25),
    rows('supplier', suppliersAt(scale)),
    rows('part', partsAt(scale)),
    rows('partsupp', 4 * partsAt(scale)),
    rows('customer', customersAt(scale)),
    rows('orders', orders),
    // One to seven each: four with a variance of four.
    around('rows of lineitem', 'SELECT count(*) FROM lineitem', 4 * orders, 2 * Math.sqrt(orders)),
    share('orders of seven lines', 'lineitem', 'l_linenumber = 7', 1 / 28, 4 * orders),
  ]
}

export function keyChecks(scale: Scale): readonly Check[] {
  const customers = customersAt(scale)
  const ordering = Math.round((customers / 3) * 2)
  const unique = (table: string, key: string, rows: number) =>
    exactly(`keys of ${table}`, `SELECT count(DISTINCT ${key}) FROM ${table}`, rows)
  return [
    unique('supplier', 's_suppkey', suppliersAt(scale)),
    unique('part', 'p_partkey', partsAt(scale)),
    unique('customer', 'c_custkey', customers),
    unique('orders', 'o_orderkey', ordersAt(scale)),
    exactly('the last order key', 'SELECT max(o_orderkey) FROM orders', 4 * ordersAt(scale)),
    none('order keys beyond the first eight of 32', 'orders', 'o_orderkey % 32 > 7'),
    none('orders of every third customer', 'orders', 'o_custkey % 3 = 0'),
    none('orders of nobody', 'orders ANTI JOIN customer ON o_custkey = c_custkey', 'true'),
    // Ten orders for each on average, fifteen for each that may order.
    around('customers with orders', 'SELECT count(DISTINCT o_custkey) FROM orders', ordering, Math.max(1, ordering * 1e-5)),
    none(
      'lines that are not numbered from 1',
      '(SELECT l_orderkey FROM lineitem GROUP BY ALL HAVING max(l_linenumber) <> count(*))',
      'true',
    ),
    none('lines without an order', 'lineitem ANTI JOIN orders ON l_orderkey = o_orderkey', 'true'),
    none('orders without a line', 'orders ANTI JOIN lineitem ON l_orderkey = o_orderkey', 'true'),
    none('lines that nobody offers', 'lineitem ANTI JOIN partsupp ON l_partkey = ps_partkey AND l_suppkey = ps_suppkey', 'true'),
    none(
      'parts without four suppliers',
      '(SELECT ps_partkey FROM partsupp GROUP BY ALL HAVING count(DISTINCT ps_suppkey) <> 4)',
      'true',
    ),
    none('suppliers without eighty parts', '(SELECT ps_suppkey FROM partsupp GROUP BY ALL HAVING count(*) <> 80)', 'true'),
    none('offers of nobody', 'partsupp ANTI JOIN supplier ON ps_suppkey = s_suppkey', 'true'),
  ]
}

export function partChecks(scale: Scale): readonly Check[] {
  const parts = partsAt(scale)
  return [
    none('names without five colours', 'part', `length(list_distinct(string_split(p_name, ' '))) <> 5`),
    share('green parts', 'part', "p_name LIKE '%green%'", 5 / 92, parts),
    share('parts that begin with forest', 'part', "p_name LIKE 'forest%'", 1 / 92, parts),
    none('brands of other manufacturers', 'part', 'p_brand[7] <> p_mfgr[14]'),
    exactly('brands', 'SELECT count(DISTINCT p_brand) FROM part', 25),
    exactly('types', 'SELECT count(DISTINCT p_type) FROM part', 150),
    exactly('containers', 'SELECT count(DISTINCT p_container) FROM part', 40),
    share('parts of one brand', 'part', "p_brand = 'Brand#23'", 1 / 25, parts),
    share('parts of one type', 'part', "p_type = 'ECONOMY ANODIZED STEEL'", 1 / 150, parts),
    share('parts in one container', 'part', "p_container = 'MED BOX'", 1 / 40, parts),
    share('parts of one size', 'part', 'p_size = 15', 1 / 50, parts),
    none('sizes that there are not', 'part', 'p_size NOT BETWEEN 1 AND 50'),
    none('offers of too many or too few', 'partsupp', 'ps_availqty NOT BETWEEN 1 AND 9999'),
  ]
}

export function dateChecks(scale: Scale): readonly Check[] {
  const [orders, lines] = [ordersAt(scale), 4 * ordersAt(scale)]
  const joined = 'lineitem JOIN orders ON l_orderkey = o_orderkey'
  return [
    none('order dates outside of their years', 'orders', "o_orderdate NOT BETWEEN DATE '1992-01-01' AND DATE '1998-08-02'"),
    share('orders of a year', 'orders', 'year(o_orderdate) = 1994', 365 / 2406, orders),
    none('days of shipping', joined, 'l_shipdate - o_orderdate NOT BETWEEN 1 AND 121'),
    none('days of commitment', joined, 'l_commitdate - o_orderdate NOT BETWEEN 30 AND 90'),
    none('days of receipt', 'lineitem', 'l_receiptdate - l_shipdate NOT BETWEEN 1 AND 30'),
    none('line statuses', 'lineitem', `l_linestatus <> if(l_shipdate > ${today}, 'O', 'F')`),
    none('return flags', 'lineitem', `(l_returnflag = 'N') <> (l_receiptdate > ${today}) OR l_returnflag NOT IN ('N', 'R', 'A')`),
    around(
      'lines returned, of those received',
      "SELECT avg((l_returnflag = 'R')::INTEGER) FROM lineitem WHERE l_returnflag <> 'N'",
      0.5,
      0.5 / Math.sqrt(lines / 3),
    ),
    none(
      'order statuses',
      `orders JOIN (SELECT l_orderkey, min(l_linestatus) AS first, max(l_linestatus) AS last FROM lineitem GROUP BY ALL) ON l_orderkey = o_orderkey`,
      "o_orderstatus <> if(first = last, first, 'P')",
    ),
  ]
}

export function moneyChecks(scale: Scale): readonly Check[] {
  const lines = 4 * ordersAt(scale)
  return [
    none('retail prices', 'part', `p_retailprice * 100 <> ${retailPrice('p_partkey')}`),
    none('prices of lines', 'lineitem JOIN part ON l_partkey = p_partkey', 'l_extendedprice <> l_quantity * p_retailprice'),
    none(
      'prices of orders',
      `orders JOIN (SELECT l_orderkey, sum(l_extendedprice * (1 + l_tax) * (1 - l_discount)) AS charged FROM lineitem GROUP BY ALL) ON l_orderkey = o_orderkey`,
      'o_totalprice <> round(charged, 2)',
    ),
    around('quantity', 'SELECT avg(l_quantity) FROM lineitem', 25.5, Math.sqrt((50 ** 2 - 1) / 12 / lines)),
    around('discount in hundredths', 'SELECT avg(l_discount) * 100 FROM lineitem', 5, Math.sqrt((11 ** 2 - 1) / 12 / lines)),
    around('tax in hundredths', 'SELECT avg(l_tax) * 100 FROM lineitem', 4, Math.sqrt((9 ** 2 - 1) / 12 / lines)),
    none('balances', 'customer', 'c_acctbal NOT BETWEEN -999.99 AND 9999.99'),
    none('costs', 'partsupp', 'ps_supplycost NOT BETWEEN 1 AND 1000'),
  ]
}

export function textChecks(scale: Scale): readonly Check[] {
  const [orders, lines, customers] = [ordersAt(scale), 4 * ordersAt(scale), customersAt(scale)]
  const lengths = (table: string, column: string, low: number, high: number) =>
    none(`lengths of ${column}`, table, `length(${column}) NOT BETWEEN ${low} AND ${high}`)
  const remarked = (word: string) =>
    exactly(
      `suppliers with ${word}`,
      `SELECT count(*) FROM supplier WHERE s_comment LIKE '%Customer%${word}%'`,
      Math.floor(suppliersAt(scale) / 2000),
    )
  return [
    share('customers of a segment', 'customer', "c_mktsegment = 'BUILDING'", 1 / 5, customers),
    share('customers of a nation', 'customer', 'c_nationkey = 7', 1 / 25, customers),
    none('country codes', 'customer', "split_part(c_phone, '-', 1)::INTEGER <> 10 + c_nationkey"),
    share('urgent orders', 'orders', "o_orderpriority = '1-URGENT'", 1 / 5, orders),
    share('lines by ship', 'lineitem', "l_shipmode = 'SHIP'", 1 / 7, lines),
    share('lines in person', 'lineitem', "l_shipinstruct = 'DELIVER IN PERSON'", 1 / 4, lines),
    exactly('clerks', 'SELECT count(DISTINCT o_clerk) FROM orders', Math.max(1, rowsAt(scale, 1000))),
    {
      says: 'special requests',
      sql: `SELECT avg((o_comment LIKE '%special%requests%')::INTEGER) FROM orders`,
      low: 0.005,
      high: 0.02,
    },
    remarked('Complaints'),
    remarked('Recommends'),
    lengths('supplier', 's_comment', 25, 100),
    lengths('part', 'p_comment', 5, 22),
    lengths('partsupp', 'ps_comment', 49, 198),
    lengths('customer', 'c_comment', 29, 116),
    lengths('customer', 'c_address', 10, 40),
    lengths('orders', 'o_comment', 19, 78),
    lengths('lineitem', 'l_comment', 10, 43),
  ]
}

function exactly(says: string, sql: string, expected: number): Check {
  return { says, sql, low: expected, high: expected }
}

function none(says: string, table: string, condition: string): Check {
  return exactly(says, `SELECT count(*) FROM ${table} WHERE ${condition}`, 0)
}

function around(says: string, sql: string, expected: number, deviation: number): Check {
  return { says, sql, low: expected - 5 * deviation, high: expected + 5 * deviation }
}

function share(says: string, table: string, condition: string, expected: number, rows: number): Check {
  const sql = `SELECT avg((${condition})::INTEGER) FROM ${table}`
  return around(`share: ${says}`, sql, expected, Math.sqrt((expected * (1 - expected)) / rows))
}
