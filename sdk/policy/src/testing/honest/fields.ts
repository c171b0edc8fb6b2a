import { education } from './education/education.ts'
import type { Field } from './field.ts'
import { health } from './health/health.ts'
import { tax } from './tax/tax.ts'
import { tpch } from './tpch/tpch.ts'
import { traffic } from './traffic/traffic.ts'

export const fields: readonly Field[] = [tpch, health, education, tax, traffic]
