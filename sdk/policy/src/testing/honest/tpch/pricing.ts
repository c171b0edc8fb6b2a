import type { Question } from '../field.ts'

// TPC-H-derived questions 1 to 11. Where the original lists single orders or customers, the nearest question about groups.

const shops = 'count(DISTINCT c_custkey) >= 5'
const lines = 'count(DISTINCT l_custkey) >= 5'

export const pricing: readonly Question[] = [
  {
    asks: 'Q1: the pricing summary of everything shipped by a day',
    sql: `select l_returnflag, l_linestatus, sum(l_quantity) as sum_qty, sum(l_extendedprice) as sum_base_price,
        sum(l_extendedprice * (1 - l_discount)) as sum_disc_price, sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)) as sum_charge,
        avg(l_quantity) as avg_qty, avg(l_extendedprice) as avg_price, avg(l_discount) as avg_disc, count(*) as count_order
      from lineitem
      where l_shipdate <= date '1998-12-01' - interval '90' day
      group by l_returnflag, l_linestatus
      order by l_returnflag, l_linestatus;`,
    byHand: `SELECT l_returnflag, l_linestatus, sum(l_quantity), sum(l_extendedprice), sum(l_extendedprice * (1 - l_discount)),
        sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)), avg(l_quantity), avg(l_extendedprice), avg(l_discount), count(*)
      FROM lineitem WHERE l_shipdate <= DATE '1998-09-02' GROUP BY 1, 2 HAVING ${lines} ORDER BY 1, 2`,
  },
  {
    asks: 'Q2: who offers a part at the least cost in a region, all of it public',
    sql: `with offers as (
        select p_partkey, p_mfgr, s_name, s_acctbal, n_name, ps_supplycost
        from part, supplier, partsupp, nation, region
        where p_partkey = ps_partkey and s_suppkey = ps_suppkey and s_nationkey = n_nationkey and n_regionkey = r_regionkey
          and p_size > 15 and p_type like '%BRASS' and r_name = 'EUROPE')
      select o.s_acctbal, o.s_name, o.n_name, o.p_partkey, o.p_mfgr
      from offers o join (select p_partkey, min(ps_supplycost) as least from offers group by p_partkey) m
        on o.p_partkey = m.p_partkey and o.ps_supplycost = m.least
      order by s_acctbal desc, n_name, s_name, p_partkey limit 100`,
    byHand: `WITH offers AS (SELECT * FROM part JOIN partsupp ON p_partkey = ps_partkey JOIN supplier ON s_suppkey = ps_suppkey
          JOIN nation ON s_nationkey = n_nationkey JOIN region ON n_regionkey = r_regionkey
          WHERE p_size > 15 AND p_type LIKE '%BRASS' AND r_name = 'EUROPE')
      SELECT s_acctbal, s_name, n_name, p_partkey, p_mfgr FROM offers o
      WHERE ps_supplycost = (SELECT min(ps_supplycost) FROM offers i WHERE i.p_partkey = o.p_partkey)
      ORDER BY s_acctbal DESC, n_name, s_name, p_partkey LIMIT 100`,
  },
  {
    asks: 'Q3: the months with most revenue in orders that are not yet shipped',
    sql: `select date_trunc('month', o_orderdate) as month, o_shippriority, sum(l_extendedprice * (1 - l_discount)) as revenue
      from customer, orders, lineitem
      where c_mktsegment = 'BUILDING' and c_custkey = o_custkey and l_custkey = o_custkey and l_orderkey = o_orderkey
        and o_orderdate < date '1997-03-15' and l_shipdate > date '1994-03-15'
      group by month, o_shippriority
      order by revenue desc, month limit 10`,
    byHand: `SELECT date_trunc('month', o_orderdate) AS month, o_shippriority, sum(l_extendedprice * (1 - l_discount)) AS revenue
      FROM customer JOIN orders ON c_custkey = o_custkey JOIN lineitem ON l_orderkey = o_orderkey
      WHERE c_mktsegment = 'BUILDING' AND o_orderdate < DATE '1997-03-15' AND l_shipdate > DATE '1994-03-15'
      GROUP BY 1, 2 HAVING ${shops} ORDER BY revenue DESC, 1 LIMIT 10`,
  },
  {
    asks: 'Q4: how many orders of a quarter had a line that came late, by priority',
    sql: `select o_orderpriority, count(*) as order_count from orders
      where o_orderdate >= date '1993-07-01' and o_orderdate < date '1993-07-01' + interval '3' month
        and exists (select * from lineitem where l_custkey = o_custkey and l_orderkey = o_orderkey and l_commitdate < l_receiptdate)
      group by o_orderpriority order by o_orderpriority`,
    byHand: `SELECT o_orderpriority, count(*) FROM orders
      WHERE o_orderdate >= DATE '1993-07-01' AND o_orderdate < DATE '1993-10-01'
        AND EXISTS (SELECT 1 FROM lineitem WHERE l_orderkey = o_orderkey AND l_commitdate < l_receiptdate)
      GROUP BY 1 HAVING count(DISTINCT o_custkey) >= 5 ORDER BY 1`,
  },
  {
    asks: 'Q5: revenue by nation where customer and supplier are neighbours',
    sql: `SELECT n_name, sum(l_extendedprice * (1 - l_discount)) AS revenue
      FROM customer, orders, lineitem, supplier, nation, region
      WHERE c_custkey = o_custkey AND l_custkey = o_custkey AND l_orderkey = o_orderkey AND l_suppkey = s_suppkey
        AND c_nationkey = s_nationkey AND s_nationkey = n_nationkey AND n_regionkey = r_regionkey
        AND o_orderdate >= DATE '1993-01-01' AND o_orderdate < DATE '1993-01-01' + INTERVAL 4 YEAR
      GROUP BY n_name ORDER BY revenue DESC`,
    byHand: `SELECT n_name, sum(l_extendedprice * (1 - l_discount)) AS revenue
      FROM customer JOIN orders ON c_custkey = o_custkey JOIN lineitem ON l_orderkey = o_orderkey
      JOIN supplier ON l_suppkey = s_suppkey AND c_nationkey = s_nationkey JOIN nation ON s_nationkey = n_nationkey
      WHERE year(o_orderdate) BETWEEN 1993 AND 1996 GROUP BY 1 HAVING ${shops} ORDER BY revenue DESC`,
  },
  {
    asks: 'Q6: what a discount cost in a year',
    sql: `select sum(l_extendedprice * l_discount) as revenue from lineitem
      where l_shipdate >= $since and l_shipdate < cast('1996-01-01' as date)
        and l_discount between .06 - 0.01 and .06 + 0.01 and l_quantity < 24`,
    parameters: [{ name: 'since', type: 'DATE', domain: { minimum: '1992-01-01', maximum: '1998-12-31' } }],
    values: { since: '1994-01-01' },
    byHand: `SELECT sum(l_extendedprice * l_discount) FROM lineitem WHERE year(l_shipdate) IN (1994, 1995)
      AND l_discount BETWEEN 0.05 AND 0.07 AND l_quantity < 24`,
  },
  {
    asks: 'Q7: trade between two regions by year',
    sql: `select supp_region, cust_region, l_year, sum(volume) as revenue
      from (select r1.r_name as supp_region, r2.r_name as cust_region, extract(year from l_shipdate) as l_year,
              l_extendedprice * (1 - l_discount) as volume
            from supplier, lineitem, orders, customer, nation n1, nation n2, region r1, region r2
            where s_suppkey = l_suppkey and o_orderkey = l_orderkey and o_custkey = l_custkey and c_custkey = o_custkey
              and s_nationkey = n1.n_nationkey and c_nationkey = n2.n_nationkey
              and n1.n_regionkey = r1.r_regionkey and n2.n_regionkey = r2.r_regionkey
              and ((r1.r_name = 'EUROPE' and r2.r_name = 'ASIA') or (r1.r_name = 'ASIA' and r2.r_name = 'EUROPE'))
              and l_shipdate between date '1995-01-01' and date '1996-12-31') as shipping
      group by supp_region, cust_region, l_year order by supp_region, cust_region, l_year`,
    byHand: `SELECT r1.r_name, r2.r_name, year(l_shipdate), sum(l_extendedprice * (1 - l_discount))
      FROM lineitem JOIN supplier ON s_suppkey = l_suppkey JOIN customer ON c_custkey = l_custkey
      JOIN nation n1 ON s_nationkey = n1.n_nationkey JOIN nation n2 ON c_nationkey = n2.n_nationkey
      JOIN region r1 ON n1.n_regionkey = r1.r_regionkey JOIN region r2 ON n2.n_regionkey = r2.r_regionkey
      WHERE (r1.r_name, r2.r_name) IN (('EUROPE', 'ASIA'), ('ASIA', 'EUROPE')) AND year(l_shipdate) IN (1995, 1996)
      GROUP BY 1, 2, 3 HAVING ${shops} ORDER BY 1, 2, 3`,
  },
  {
    asks: 'Q8: the share of a nation in a market by year',
    sql: `select o_year, sum(case when nation = 'BRAZIL' then volume else 0 end) / sum(volume) as mkt_share
      from (select extract(year from o_orderdate) as o_year, l_extendedprice * (1 - l_discount) as volume, n2.n_name as nation
            from part, supplier, lineitem, orders, customer, nation n1, nation n2, region
            where p_partkey = l_partkey and s_suppkey = l_suppkey and l_orderkey = o_orderkey and l_custkey = o_custkey
              and o_custkey = c_custkey and c_nationkey = n1.n_nationkey and n1.n_regionkey = r_regionkey and r_name = 'AMERICA'
              and s_nationkey = n2.n_nationkey and p_type <> 'ECONOMY BRUSHED BRASS') as all_nations
      group by o_year order by o_year`,
    byHand: `WITH v AS (SELECT year(o_orderdate) AS o_year, l_extendedprice * (1 - l_discount) AS volume, n2.n_name AS nation, c_custkey
        FROM lineitem JOIN part ON p_partkey = l_partkey JOIN supplier ON s_suppkey = l_suppkey JOIN orders ON l_orderkey = o_orderkey
        JOIN customer ON o_custkey = c_custkey JOIN nation n1 ON c_nationkey = n1.n_nationkey JOIN nation n2 ON s_nationkey = n2.n_nationkey
        WHERE n1.n_regionkey = 1 AND p_type <> 'ECONOMY BRUSHED BRASS')
      SELECT o_year, CASE WHEN count(DISTINCT c_custkey) FILTER (nation = 'BRAZIL') >= 5
          THEN sum(volume) FILTER (nation = 'BRAZIL')::DOUBLE / sum(volume)::DOUBLE END
      FROM v GROUP BY 1 HAVING ${shops} ORDER BY 1`,
  },
  {
    asks: 'Q9: the profit on green parts by nation of the supplier and year',
    sql: `select nation, o_year, sum(amount) as sum_profit
      from (select n_name as nation, extract(year from o_orderdate) as o_year,
              l_extendedprice * (1 - l_discount) - ps_supplycost * l_quantity as amount
            from part, supplier, lineitem, partsupp, orders, nation
            where s_suppkey = l_suppkey and ps_suppkey = l_suppkey and ps_partkey = l_partkey and p_partkey = l_partkey
              and o_orderkey = l_orderkey and o_custkey = l_custkey and s_nationkey = n_nationkey and p_name like '%green%') as profit
      group by nation, o_year order by nation, o_year desc`,
    byHand: `SELECT n_name, year(o_orderdate), sum(l_extendedprice * (1 - l_discount) - ps_supplycost * l_quantity)
      FROM lineitem JOIN part ON p_partkey = l_partkey JOIN supplier ON s_suppkey = l_suppkey
      JOIN partsupp ON ps_suppkey = l_suppkey AND ps_partkey = l_partkey JOIN orders ON o_orderkey = l_orderkey
      JOIN nation ON s_nationkey = n_nationkey WHERE p_name LIKE '%green%' GROUP BY 1, 2 HAVING ${lines} ORDER BY 1, 2 DESC`,
  },
  {
    asks: 'Q10: where the returned goods go: nations and segments instead of customers',
    sql: `SELECT n.n_name, c.c_mktsegment, SUM(l.l_extendedprice * (1 - l.l_discount)) AS revenue, COUNT(DISTINCT c.c_custkey) AS customers
      FROM customer AS c INNER JOIN orders AS o ON c.c_custkey = o.o_custkey
        INNER JOIN lineitem AS l ON l.l_custkey = o.o_custkey AND l.l_orderkey = o.o_orderkey
        INNER JOIN nation AS n ON c.c_nationkey = n.n_nationkey
      WHERE o.o_orderdate >= DATE '1993-10-01' AND o.o_orderdate < DATE '1994-10-01' AND l.l_returnflag = 'R'
      GROUP BY n.n_name, c.c_mktsegment
      ORDER BY revenue DESC LIMIT 20`,
    byHand: `SELECT n_name, c_mktsegment, sum(l_extendedprice * (1 - l_discount)) AS revenue, count(DISTINCT c_custkey)
      FROM customer JOIN orders ON c_custkey = o_custkey JOIN lineitem ON l_orderkey = o_orderkey JOIN nation ON c_nationkey = n_nationkey
      WHERE o_orderdate >= DATE '1993-10-01' AND o_orderdate < DATE '1994-10-01' AND l_returnflag = 'R'
      GROUP BY 1, 2 HAVING ${shops} ORDER BY revenue DESC LIMIT 20`,
  },
  {
    asks: 'Q11: the stock that matters in a nation, all of it public',
    sql: `select ps_partkey, sum(ps_supplycost * ps_availqty) as value
      from partsupp, supplier, nation
      where ps_suppkey = s_suppkey and s_nationkey = n_nationkey and n_name in ('GERMANY', 'FRANCE')
      group by ps_partkey
      having sum(ps_supplycost * ps_availqty) > (
        select sum(ps_supplycost * ps_availqty) * 0.02 from partsupp, supplier, nation
        where ps_suppkey = s_suppkey and s_nationkey = n_nationkey and n_name in ('GERMANY', 'FRANCE'))
      order by value desc`,
    byHand: `SELECT ps_partkey, sum(ps_supplycost * ps_availqty) AS value FROM partsupp, supplier
      WHERE ps_suppkey = s_suppkey AND s_nationkey IN (6, 7) GROUP BY 1
      HAVING value > 0.02 * (SELECT sum(ps_supplycost * ps_availqty) FROM partsupp, supplier WHERE ps_suppkey = s_suppkey AND s_nationkey IN (6, 7))
      ORDER BY value DESC`,
  },
]
