import { type FunctionNode, orderNode } from '../ast/nodes.ts'
import { read } from '../ast/read.ts'

/** `percentile_cont(0.5) WITHIN GROUP (ORDER BY x)` is what SQL's standard calls `quantile_cont(x, 0.5)`. */
export function withinGroup(call: FunctionNode): FunctionNode {
  const [order, ...more] = call.order_bys.orders
  if (call.function_name.toLowerCase() !== 'quantile_cont' || call.children.length !== 1) return call
  if (order === undefined || more.length > 0) return call
  const { type, expression } = read(orderNode, order)
  // from the largest down, the fraction would be the other one
  if (type === 'DESCENDING') return call
  return { ...call, children: [expression, ...call.children], order_bys: { ...call.order_bys, orders: [] } }
}
