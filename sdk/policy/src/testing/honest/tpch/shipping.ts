import type { Question } from '../field.ts'

// TPC-H-derived questions 12 to 22. Where the original lists single orders or customers, the nearest question about groups.

const ordering = 'count(DISTINCT o_custkey) >= 5'
const lines = 'count(DISTINCT l_custkey) >= 5'

export const shipping: readonly Question[] = [
  {
    asks: 'Q12: late lines by mode of shipping, urgent orders and others',
    sql: `select l_shipmode,
        sum(case when o_orderpriority = '1-URGENT' or o_orderpriority = '2-HIGH' then 1 else 0 end) as high_line_count,
        sum(case when o_orderpriority <> '1-URGENT' and o_orderpriority <> '2-HIGH' then 1 else 0 end) as low_line_count
      from orders join lineitem on o_custkey = l_custkey and o_orderkey = l_orderkey
      where l_shipmode in ('MAIL', 'SHIP') and l_commitdate < l_receiptdate and l_shipdate < l_commitdate
        and l_receiptdate >= date '1994-01-01' and l_receiptdate < date '1996-01-01'
      group by l_shipmode order by l_shipmode`,
    byHand: `SELECT l_shipmode, count(*) FILTER (o_orderpriority IN ('1-URGENT', '2-HIGH')), count(*) FILTER (o_orderpriority NOT IN ('1-URGENT', '2-HIGH'))
      FROM orders JOIN lineitem ON o_orderkey = l_orderkey
      WHERE l_shipmode IN ('MAIL', 'SHIP') AND l_commitdate < l_receiptdate AND l_shipdate < l_commitdate AND year(l_receiptdate) IN (1994, 1995)
      GROUP BY 1 HAVING ${ordering} ORDER BY 1`,
  },
  {
    asks: 'Q13: how many customers have how many orders',
    sql: `select c_count, count(*) as custdist
      from (select o_custkey, count(*) as c_count from orders where o_orderpriority <> '5-LOW' group by o_custkey) as c_orders
      group by c_count order by custdist desc, c_count desc`,
    byHand: `SELECT c_count, count(*) AS custdist FROM (SELECT o_custkey, count(*) AS c_count FROM orders WHERE o_orderpriority <> '5-LOW' GROUP BY 1)
      GROUP BY 1 HAVING count(*) >= 5 ORDER BY custdist DESC, 1 DESC`,
  },
  {
    asks: 'Q14: the share of revenue in promoted parts',
    sql: `select 100.00 * sum(case when p_type like 'PROMO%' then l_extendedprice * (1 - l_discount) else 0 end)
          / sum(l_extendedprice * (1 - l_discount)) as promo_revenue
      from lineitem, part
      where l_partkey = p_partkey and l_shipdate >= date '1995-09-01' and l_shipdate < date '1995-09-01' + interval '1' month`,
    byHand: `SELECT 100.0 * sum(l_extendedprice * (1 - l_discount)) FILTER (p_type LIKE 'PROMO%')::DOUBLE / sum(l_extendedprice * (1 - l_discount))::DOUBLE
      FROM lineitem JOIN part ON l_partkey = p_partkey WHERE date_trunc('month', l_shipdate) = DATE '1995-09-01'`,
  },
  {
    asks: 'Q15: the supplier with most revenue in a quarter',
    sql: `with revenue as (
        select l_suppkey as supplier_no, sum(l_extendedprice * (1 - l_discount)) as total_revenue from lineitem
        where l_shipdate >= date '1996-01-01' and l_shipdate < date '1996-01-01' + interval '3' month group by l_suppkey)
      select s_suppkey, s_name, total_revenue from supplier, revenue
      where s_suppkey = supplier_no and total_revenue = (select max(total_revenue) from revenue) order by s_suppkey`,
    byHand: `SELECT s_suppkey, s_name, sum(l_extendedprice * (1 - l_discount)) AS total FROM lineitem JOIN supplier ON s_suppkey = l_suppkey
      WHERE year(l_shipdate) = 1996 AND quarter(l_shipdate) = 1 GROUP BY 1, 2 HAVING ${lines} ORDER BY total DESC LIMIT 1`,
  },
  {
    asks: 'Q16: how many suppliers there are for brands and types, all of it public',
    sql: `select p_brand, p_type, p_size, count(distinct ps_suppkey) as supplier_cnt
      from partsupp, part
      where p_partkey = ps_partkey and p_brand <> 'Brand#41' and p_type not like 'STANDARD%' and p_size in (49, 14, 23, 45, 19, 3, 36, 9)
        and ps_suppkey not in (select s_suppkey from supplier where s_comment like '%Customer%Complaints%')
      group by p_brand, p_type, p_size order by supplier_cnt desc, p_brand, p_type, p_size`,
    byHand: `SELECT p_brand, p_type, p_size, count(DISTINCT ps_suppkey) AS n FROM partsupp JOIN part ON p_partkey = ps_partkey
      WHERE p_brand <> 'Brand#41' AND p_type NOT LIKE 'STANDARD%' AND p_size IN (49, 14, 23, 45, 19, 3, 36, 9) AND ps_suppkey % 11 <> 5
      GROUP BY 1, 2, 3 ORDER BY n DESC, 1, 2, 3`,
  },
  {
    asks: 'Q17: yearly revenue lost if small orders of a brand were not taken',
    sql: `select sum(l_extendedprice) / 7.0 as avg_yearly from lineitem join part on p_partkey = l_partkey
      where p_brand = 'Brand#21' and p_container = 'MED BOX'
        and l_quantity < (select 0.6 * avg(l_quantity) from lineitem join part on p_partkey = l_partkey
                          where p_brand = 'Brand#21' and p_container = 'MED BOX')`,
    byHand: `SELECT sum(l_extendedprice)::DOUBLE / 7 FROM lineitem JOIN part ON p_partkey = l_partkey WHERE p_brand = 'Brand#21' AND p_container = 'MED BOX'
      AND l_quantity < 0.6 * (SELECT avg(l_quantity) FROM lineitem JOIN part ON p_partkey = l_partkey WHERE p_brand = 'Brand#21' AND p_container = 'MED BOX')`,
  },
  {
    asks: 'Q18: how many customers of each segment buy in large volume, and for how much',
    sql: `with big as (select l_custkey, sum(l_quantity) as quantity from lineitem group by l_custkey having sum(l_quantity) > 600)
      select c_mktsegment, count(*) as customers, avg(c_acctbal) as balance, avg(quantity) as quantity
      from customer join big on c_custkey = l_custkey group by c_mktsegment order by 1`,
    byHand: `SELECT c_mktsegment, count(*), avg(c_acctbal), avg(q) FROM customer
      JOIN (SELECT l_custkey, sum(l_quantity) AS q FROM lineitem GROUP BY 1 HAVING q > 600) ON c_custkey = l_custkey
      GROUP BY 1 HAVING count(*) >= 5 ORDER BY 1`,
  },
  {
    asks: 'Q19: revenue of three kinds of parts, handled by air and in person',
    sql: `select sum(l_extendedprice * (1 - l_discount)) as revenue from lineitem, part
      where p_partkey = l_partkey and l_shipinstruct = 'DELIVER IN PERSON' and l_shipmode in ('AIR', 'REG AIR')
        and ((p_brand = 'Brand#21' and p_container in ('SM CASE', 'SM BOX') and l_quantity >= 1 and l_quantity <= 41 and p_size between 1 and 35)
          or (p_brand = 'Brand#32' and p_container in ('MED BAG', 'MED BOX') and l_quantity >= 10 and l_quantity <= 50 and p_size between 1 and 40)
          or (p_brand = 'Brand#41' and p_container in ('LG CASE', 'LG JAR') and l_quantity >= 5 and l_quantity <= 45 and p_size between 1 and 50))`,
    byHand: `SELECT sum(l_extendedprice * (1 - l_discount)) FROM lineitem JOIN part ON p_partkey = l_partkey
      WHERE l_shipinstruct = 'DELIVER IN PERSON' AND l_shipmode IN ('AIR', 'REG AIR') AND CASE p_brand
        WHEN 'Brand#21' THEN p_container = 'SM CASE' AND l_quantity BETWEEN 1 AND 41 AND p_size <= 35
        WHEN 'Brand#32' THEN p_container = 'MED BOX' AND l_quantity BETWEEN 10 AND 50 AND p_size <= 40
        WHEN 'Brand#41' THEN p_container = 'LG JAR' AND l_quantity BETWEEN 5 AND 45 END`,
  },
  {
    asks: 'Q20: suppliers of a nation with more of a part than it sells',
    sql: `with sold as (select l_partkey, l_suppkey, sum(l_quantity) as quantity from lineitem where l_shipdate >= date '1994-01-01' group by 1, 2)
      select s_name, n_name, count(*) as parts from sold
        join partsupp on ps_partkey = l_partkey and ps_suppkey = l_suppkey
        join supplier on s_suppkey = ps_suppkey join nation on n_nationkey = s_nationkey
      where ps_availqty > 0.5 * quantity and n_name <> 'CANADA' group by s_name, n_name order by s_name`,
    byHand: `SELECT s_name, n_name, count(*) FROM (SELECT l_partkey, l_suppkey, sum(l_quantity) AS q FROM lineitem WHERE l_shipdate >= DATE '1994-01-01'
        GROUP BY 1, 2 HAVING ${lines}) JOIN partsupp ON ps_partkey = l_partkey AND ps_suppkey = l_suppkey
      JOIN supplier ON s_suppkey = ps_suppkey JOIN nation ON n_nationkey = s_nationkey
      WHERE ps_availqty > 0.5 * q AND n_name <> 'CANADA' GROUP BY 1, 2 ORDER BY 1`,
  },
  {
    asks: 'Q21: suppliers who kept finished orders waiting',
    sql: `select s_name, count(*) as numwait from supplier, lineitem l1, orders
      where s_suppkey = l1.l_suppkey and o_custkey = l1.l_custkey and o_orderkey = l1.l_orderkey and o_orderstatus = 'F'
        and l1.l_receiptdate > l1.l_commitdate
      group by s_name order by numwait desc, s_name limit 100`,
    byHand: `SELECT s_name, count(*) AS n FROM supplier JOIN lineitem ON s_suppkey = l_suppkey JOIN orders ON o_orderkey = l_orderkey
      WHERE o_orderstatus = 'F' AND l_receiptdate > l_commitdate GROUP BY 1 HAVING ${ordering} ORDER BY n DESC, 1 LIMIT 100`,
  },
  {
    asks: 'Q22: customers with a balance above the mean of the positive ones, by nation',
    sql: `select n_name as country, count(*) as numcust, sum(c_acctbal) as totacctbal
      from customer join nation on c_nationkey = n_nationkey
      where n_name in ('ARGENTINA', 'BRAZIL', 'IRAN', 'JAPAN', 'EGYPT', 'RUSSIA', 'ALGERIA', 'ROMANIA')
        and c_acctbal > (select avg(c_acctbal) from customer where c_acctbal > 0.00)
      group by country order by country`,
    byHand: `SELECT n_name, count(*), sum(c_acctbal) FROM customer JOIN nation ON c_nationkey = n_nationkey
      WHERE n_nationkey IN (1, 2, 10, 12, 4, 22, 0, 19) AND c_acctbal > (SELECT avg(c_acctbal) FROM customer WHERE c_acctbal > 0)
      GROUP BY 1 HAVING count(*) >= 5 ORDER BY 1`,
  },
]
