import { firstHalf } from './first-half.ts'
import { secondHalf } from './second-half.ts'

/** The 22 questions in their order, at a scale factor: one of them asks for a share that goes by it (§2.4.11.3). */
export function questions(factor: number): readonly string[] {
  return [...firstHalf(factor), ...secondHalf]
}
