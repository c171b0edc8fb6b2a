import { afterAll, beforeAll, expect, test } from 'vitest'
import { createGuard, type Guard } from '../guard.ts'
import { sameOfDestroyed } from '../testing/both-ways.ts'
import { type Database, openDatabase } from '../testing/data.ts'
import { tpchAgencies } from '../testing/honest/tpch/agencies.ts'

// Queries whose subqueries name columns from outside. No guard lets them through over protected rows; what they read is planned
// all the same, as that of any query over tables that anyone may read.

let guard: Guard
let whole: Database
const datasets = tpchAgencies(400)
beforeAll(async () => {
  guard = await createGuard()
  whole = await openDatabase(datasets)
})
afterAll(async () => {
  guard.close()
  await whole.close()
})

test.each([
  [
    'the least of its kind',
    `SELECT s_acctbal, s_name, n_name, p_partkey FROM part, supplier, partsupp, nation, region
      WHERE p_partkey = ps_partkey AND s_suppkey = ps_suppkey AND p_size < 15 AND p_type LIKE '%BRASS'
        AND s_nationkey = n_nationkey AND n_regionkey = r_regionkey AND r_name = 'EUROPE'
        AND ps_supplycost = (SELECT min(ps_supplycost) FROM partsupp, supplier, nation, region
          WHERE p_partkey = ps_partkey AND s_suppkey = ps_suppkey AND s_nationkey = n_nationkey
            AND n_regionkey = r_regionkey AND r_name = 'EUROPE')
      ORDER BY s_acctbal DESC, s_name, p_partkey LIMIT 20`,
  ],
  [
    'what has something of another table',
    `SELECT o_orderpriority, count(*) FROM orders WHERE o_orderdate >= DATE '1993-07-01' AND o_orderdate < DATE '1994-07-01'
        AND EXISTS (SELECT * FROM lineitem WHERE l_orderkey = o_orderkey AND l_commitdate < l_receiptdate)
      GROUP BY 1 ORDER BY 1`,
  ],
  [
    'less than a share of the mean of its kind',
    `SELECT sum(l_extendedprice) / 7.0 FROM lineitem, part
      WHERE p_partkey = l_partkey AND p_brand = 'Brand#21' AND p_container = 'MED BOX'
        AND l_quantity < (SELECT 0.7 * avg(l_quantity) FROM lineitem WHERE l_partkey = p_partkey) HAVING count(*) > 0`,
  ],
  [
    'one of those that have more than a share of a sum',
    `SELECT s_name FROM supplier, nation WHERE s_nationkey = n_nationkey AND n_name < 'K'
        AND s_suppkey IN (SELECT ps_suppkey FROM partsupp
          WHERE ps_partkey IN (SELECT p_partkey FROM part WHERE p_name LIKE 'forest%')
            AND ps_availqty > (SELECT 0.5 * sum(l_quantity) FROM lineitem
              WHERE l_partkey = ps_partkey AND l_suppkey = ps_suppkey AND l_shipdate >= DATE '1994-01-01' AND l_shipdate < DATE '1995-01-01'))
      ORDER BY s_name`,
  ],
  [
    'the only one of several',
    `SELECT s_name, count(*) AS n FROM supplier, lineitem l1, orders, nation
      WHERE s_suppkey = l1.l_suppkey AND o_orderkey = l1.l_orderkey AND o_orderstatus = 'F' AND l1.l_receiptdate > l1.l_commitdate
        AND EXISTS (SELECT * FROM lineitem l2 WHERE l2.l_orderkey = l1.l_orderkey AND l2.l_suppkey <> l1.l_suppkey)
        AND NOT EXISTS (SELECT * FROM lineitem l3
          WHERE l3.l_orderkey = l1.l_orderkey AND l3.l_suppkey <> l1.l_suppkey AND l3.l_receiptdate > l3.l_commitdate)
        AND s_nationkey = n_nationkey AND n_name < 'K'
      GROUP BY s_name ORDER BY n DESC, s_name`,
  ],
  [
    'more than the mean of all, and nothing of another table',
    `SELECT substring(c_phone FROM 1 FOR 2) AS country, count(*), sum(c_acctbal) FROM customer
      WHERE c_acctbal > (SELECT avg(c_acctbal) FROM customer WHERE c_acctbal > 0.00)
        AND NOT EXISTS (SELECT * FROM orders WHERE o_custkey = c_custkey)
      GROUP BY 1 ORDER BY 1`,
  ],
  [
    'a figure beside each row, of two tables',
    `SELECT n_name, (SELECT count(*) FROM supplier s WHERE s.s_nationkey = n.n_nationkey AND s.s_acctbal > 0
        AND EXISTS (SELECT 1 FROM partsupp WHERE ps_suppkey = s.s_suppkey AND ps_availqty > n.n_nationkey * 300))
      FROM nation n ORDER BY 1`,
  ],
  [
    'either of two, one of which stands outside',
    `SELECT count(*), sum(o_totalprice) FROM orders o
      WHERE o_orderstatus = 'P' OR o_totalprice > ANY (SELECT l_extendedprice * 4 FROM lineitem WHERE l_orderkey = o.o_orderkey AND l_tax > 0.04)`,
  ],
  [
    'a table of its own for each row',
    `SELECT p_brand, sum(t.cost) FROM part,
        LATERAL (SELECT ps_supplycost AS cost FROM partsupp WHERE ps_partkey = p_partkey AND ps_availqty > p_size * 100 ORDER BY 1 LIMIT 2) t
      WHERE p_retailprice < 950 GROUP BY 1 ORDER BY 1`,
  ],
])('files that hold nothing but what is planned give the same: %s', async (asked, sql) => {
  const slots = datasets.map(({ slot }) => slot).filter(({ id }) => sql.includes(` ${id}`))
  const rows: number[] = []
  const { listed, declared } = await sameOfDestroyed(
    guard,
    whole,
    { slots, statements: { cells: [], noise: [], resultSql: sql }, asked },
    async (database) => {
      const result = await database.query(sql)
      rows.push(result.length)
      return result
    },
  )
  expect(rows[0]).toBeGreaterThan(0)
  expect(listed).toBeLessThan(declared * 0.8)
})
