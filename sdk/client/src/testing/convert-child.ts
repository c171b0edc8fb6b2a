import { isReinraumError } from '@reinraum/crypto'
import { convertTable } from '../tables.ts'

// Started where no file may grow beyond 32 KiB: writing more fails as on a full disk.
const [, , parquet = '', target = '', format = ''] = process.argv
const outcome = await convertTable(parquet, target, format === 'csv' ? 'csv' : 'json').then(
  () => 'written',
  (error: unknown) => (isReinraumError(error) ? `${error.code}: ${error.message}` : 'other'),
)
process.stdout.write(outcome)
