import { amount, type Dataset, dimension, figure, identity, mixed, place, published, register } from '../field.ts'

// The eight tables of TPC-H's public specification, with rows of our own. Who orders is protected: customers by the shop,
// orders by the exchange, line items by the carrier, which knows the customer too. What is sold by whom is public.

const nations = [
  ...['ALGERIA', 'ARGENTINA', 'BRAZIL', 'CANADA', 'EGYPT', 'ETHIOPIA', 'FRANCE', 'GERMANY', 'INDIA', 'INDONESIA', 'IRAN', 'IRAQ'],
  ...['JAPAN', 'JORDAN', 'KENYA', 'MOROCCO', 'MOZAMBIQUE', 'PERU', 'CHINA', 'ROMANIA', 'SAUDI ARABIA', 'VIETNAM', 'RUSSIA'],
  ...['UNITED KINGDOM', 'UNITED STATES'],
]
const regionOfNation = [0, 1, 1, 1, 4, 0, 3, 3, 2, 2, 4, 4, 2, 4, 0, 0, 0, 1, 2, 3, 4, 2, 3, 3, 1]

function list(words: readonly string[]): string {
  return `[${words.map((w) => `'${w}'`).join(', ')}]`
}

function pick(words: readonly string[], number: string, seed = 3): string {
  return `${list(words)}[1 + ${mixed(number, seed)} % ${words.length}]`
}

const price = amount(0, 200_000)
const text = { dimension: true, filter: 'literal' } as const

/** As many orders as given, three line items to each, and a customer to every twentieth. */
export const tpchAgencies = (numberOfOrders: number): readonly Dataset[] => [
  published(
    'region',
    { r_regionkey: ['INTEGER', place], r_name: ['VARCHAR', place] },
    `SELECT i, ${list(['AFRICA', 'AMERICA', 'ASIA', 'EUROPE', 'MIDDLE EAST'])}[i + 1] FROM range(5) t(i)`,
  ),
  published(
    'nation',
    { n_nationkey: ['INTEGER', place], n_name: ['VARCHAR', place], n_regionkey: ['INTEGER', place] },
    `SELECT i, ${list(nations)}[i + 1], [${regionOfNation.join(', ')}][i + 1] FROM range(25) t(i)`,
  ),
  published(
    'supplier',
    {
      s_suppkey: ['INTEGER', place],
      s_name: ['VARCHAR', place],
      s_nationkey: ['INTEGER', place],
      s_acctbal: ['DECIMAL(15,2)', figure(-1000, 10_000)],
      s_comment: ['VARCHAR', text],
    },
    `SELECT i, 'Supplier#' || i, i * 7 % 25, i * 7919 % 1100000 / 100.0 - 999,
      CASE WHEN i % 11 = 5 THEN 'Customer Complaints' ELSE 'quick deposits' END FROM range(1, 41) t(i)`,
  ),
  published(
    'part',
    {
      p_partkey: ['INTEGER', place],
      p_name: ['VARCHAR', text],
      p_mfgr: ['VARCHAR', text],
      p_brand: ['VARCHAR', text],
      p_type: ['VARCHAR', text],
      p_size: ['INTEGER', figure(0, 50)],
      p_container: ['VARCHAR', text],
      p_retailprice: ['DECIMAL(15,2)', figure(0, 10_000)],
    },
    `SELECT i, ${pick(['green', 'blue', 'forest', 'misty', 'rose'], 'i')} || ' ' || ${pick(['almond', 'linen'], 'i // 5')},
      'Manufacturer#' || (1 + i % 5), 'Brand#' || (1 + i % 5) || (1 + i % 2),
      ${pick(['PROMO', 'STANDARD', 'ECONOMY', 'SMALL'], 'i')} || ' ' || ${pick(['BRUSHED', 'PLATED'], 'i // 4')} || ' ' || ${pick(['BRASS', 'TIN', 'STEEL'], 'i')},
      1 + i * 13 % 50, ${pick(['SM CASE', 'MED BOX', 'LG JAR', 'WRAP BAG'], 'i // 3')}, 900 + i % 97 FROM range(1, 61) t(i)`,
  ),
  published(
    'partsupp',
    {
      ps_partkey: ['INTEGER', place],
      ps_suppkey: ['INTEGER', place],
      ps_availqty: ['INTEGER', figure(0, 10_000)],
      ps_supplycost: ['DECIMAL(15,2)', figure(0, 1000)],
    },
    `SELECT p, 1 + (p + s * 11) % 40, (p * 37 + s * 811) % 9999, 1 + (p * 104729 + s * 7919) % 99900 / 100.0
      FROM range(1, 61) t(p), range(4) u(s)`,
  ),
  register(
    'customer',
    'c_custkey',
    5,
    {
      c_custkey: ['BIGINT', identity],
      c_name: ['VARCHAR'],
      c_nationkey: ['INTEGER', place],
      c_phone: ['VARCHAR'],
      c_acctbal: ['DECIMAL(15,2)', amount(-1000, 10_000)],
      c_mktsegment: ['VARCHAR', dimension],
    },
    `SELECT i, 'Customer#' || i, ${mixed('i')} % 25, (10 + ${mixed('i')} % 25) || '-' || (i * 7919 % 1000), ${mixed('i', 2)} % 1099900 / 100.0 - 999,
      ${pick(['AUTOMOBILE', 'BUILDING', 'FURNITURE', 'MACHINERY', 'HOUSEHOLD'], 'i')} FROM range(1, ${(numberOfOrders / 20) * 3 + 1}) t(i)`,
  ),
  register(
    'orders',
    'o_custkey',
    5,
    {
      o_orderkey: ['BIGINT', identity],
      o_custkey: ['BIGINT', identity],
      o_orderstatus: ['VARCHAR', dimension],
      o_totalprice: ['DECIMAL(15,2)', amount(0, 600_000)],
      o_orderdate: ['DATE', dimension],
      o_orderpriority: ['VARCHAR', dimension],
      o_clerk: ['VARCHAR'],
      o_shippriority: ['INTEGER', dimension],
      o_comment: ['VARCHAR'],
    },
    `SELECT i, 1 + (${mixed('i')} % ${numberOfOrders / 20}) * 3 + i % 2, CASE WHEN i % 50 < 24 THEN 'F' WHEN i % 50 < 48 THEN 'O' ELSE 'P' END,
      (${mixed('i', 2)} % 4500000) / 10.0, DATE '1992-01-01' + (${mixed('i', 7)} % 2406)::INTEGER,
      ${pick(['1-URGENT', '2-HIGH', '3-MEDIUM', '4-NOT SPECIFIED', '5-LOW'], 'i * 3')}, 'Clerk#' || i % 20, 0, 'special requests ' || i
      FROM range(1, ${numberOfOrders + 1}) t(i)`,
  ),
  register(
    'lineitem',
    'l_custkey',
    5,
    {
      l_orderkey: ['BIGINT', identity],
      l_custkey: ['BIGINT', identity],
      l_partkey: ['INTEGER', place],
      l_suppkey: ['INTEGER', place],
      l_linenumber: ['INTEGER', dimension],
      l_quantity: ['DECIMAL(15,2)', amount(0, 100)],
      l_extendedprice: ['DECIMAL(15,2)', price],
      l_discount: ['DECIMAL(15,2)', amount(0, 1)],
      l_tax: ['DECIMAL(15,2)', amount(0, 1)],
      l_returnflag: ['VARCHAR', dimension],
      l_linestatus: ['VARCHAR', dimension],
      l_shipdate: ['DATE', dimension],
      l_commitdate: ['DATE', dimension],
      l_receiptdate: ['DATE', dimension],
      l_shipinstruct: ['VARCHAR', dimension],
      l_shipmode: ['VARCHAR', dimension],
    },
    `SELECT o_orderkey, o_custkey, p, 1 + (p + (o_orderkey + n) % 4 * 11) % 40, n, q, q * (900 + p % 97), (o_orderkey + n) % 11 / 100.0,
        (o_orderkey * n) % 9 / 100.0, CASE WHEN shipped > DATE '1995-06-17' THEN 'N' WHEN n % 2 = 0 THEN 'R' ELSE 'A' END,
        CASE WHEN shipped > DATE '1995-06-17' THEN 'O' ELSE 'F' END, shipped, o_orderdate + 60 + (o_orderkey % 31)::INTEGER,
        shipped + 1 + (n * 11 % 30)::INTEGER, ${pick(['DELIVER IN PERSON', 'COLLECT COD', 'NONE', 'TAKE BACK RETURN'], 'o_orderkey + n', 5)},
        ${pick(['REG AIR', 'AIR', 'RAIL', 'SHIP', 'TRUCK', 'MAIL', 'FOB'], 'o_orderkey * 8 + n', 6)}
      FROM (SELECT o_orderkey, o_custkey, o_orderdate, n, 1 + ${mixed('o_orderkey * 8 + n')} % 60 AS p, 1 + ${mixed('o_orderkey * 8 + n', 2)} % 50 AS q,
        o_orderdate + 1 + (${mixed('o_orderkey * 8 + n', 4)} % 121)::INTEGER AS shipped FROM orders, range(1, 6) t(n) WHERE n <= 1 + o_orderkey % 5)`,
  ),
]
