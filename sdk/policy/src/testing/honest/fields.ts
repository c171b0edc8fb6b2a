import type { Field } from './field.ts'
import { health } from './health/health.ts'
import { tpch } from './tpch/tpch.ts'

export const fields: readonly Field[] = [tpch, health]
