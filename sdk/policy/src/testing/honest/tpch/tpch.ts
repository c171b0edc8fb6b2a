import type { Field } from '../field.ts'
import { tpchAgencies } from './agencies.ts'
import { pricing } from './pricing.ts'
import { shipping } from './shipping.ts'

export const tpch: Field = { name: 'TPC-H-derived', datasets: tpchAgencies(2000), questions: [...pricing, ...shipping] }
