import { runService } from '@reinraum/kit'
import { configSchema } from './config.ts'
import { startExecutor } from './service.ts'

await runService('executor', configSchema, startExecutor)
