import { runService } from '@reinraum/kit'
import { keysConfigSchema } from './config.ts'
import { startKeys } from './service.ts'

await runService('keys', keysConfigSchema, startKeys)
