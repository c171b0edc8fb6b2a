import { define, double, numeric, type ScalarFunction, sameAsFirst, wholeNumber } from './function-table.ts'
import { bigintType, integerType } from './types.ts'

// random and everything that depends on a seed are not here
export const functionsOfNumbers: readonly ScalarFunction[] = [
  ...['round', 'floor', 'ceil', 'trunc', 'sqrt', 'cbrt', 'ln', 'log2', 'log10', 'exp'].map((name) => double(name)),
  double('round', wholeNumber),
  double('pow', numeric),
  { ...double('sign'), result: () => ({ ...integerType, sql: 'TINYINT' }) },
  { ...define('abs', [['integer']], bigintType), result: sameAsFirst },
  double('abs'),
]
