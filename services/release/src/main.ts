import { runService } from '@reinraum/kit'
import { releaseConfigSchema } from './config.ts'
import { startRelease } from './service.ts'

await runService('release', releaseConfigSchema, startRelease)
