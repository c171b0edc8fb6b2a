import type { Field } from '../field.ts'
import { tpchDatasets } from './agencies.ts'
import { pricing } from './pricing.ts'
import { shipping } from './shipping.ts'

export const tpch: Field = { name: 'TPC-H-derived', datasets: tpchDatasets, questions: [...pricing, ...shipping] }
