import type { Field } from '../field.ts'
import { trafficDatasets } from './agencies.ts'
import { aviation } from './aviation.ts'
import { roads } from './roads.ts'

export const traffic: Field = { name: 'traffic and aviation', datasets: trafficDatasets, questions: [...aviation, ...roads] }
