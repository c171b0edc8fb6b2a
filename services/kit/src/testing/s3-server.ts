import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** The S3 server of other people's making that `npm test` has put into `.local`. */
export const s3Server = join(import.meta.dirname, '../../../../.local/s3/s3-server')

/** Whether tests that need it can run: a machine without the package skips them. */
export const hasS3Server = existsSync(s3Server)
if (!hasS3Server) process.stderr.write('Skipping what needs an S3 server: there is none in .local/s3.\n')
