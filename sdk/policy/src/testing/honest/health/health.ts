import type { Field } from '../field.ts'
import { healthDatasets } from './agencies.ts'
import { cohorts } from './cohorts.ts'
import { registers } from './registers.ts'

export const health: Field = { name: 'public health', datasets: healthDatasets, questions: [...registers, ...cohorts] }
