import type { Field } from '../field.ts'
import { taxDatasets } from './agencies.ts'
import { revenue } from './revenue.ts'

export const tax: Field = { name: 'tax', datasets: taxDatasets, questions: revenue }
