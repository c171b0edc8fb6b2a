import type { Field } from '../field.ts'
import { educationDatasets } from './agencies.ts'
import { schools } from './schools.ts'

export const education: Field = { name: 'education', datasets: educationDatasets, questions: schools }
