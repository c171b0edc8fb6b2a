import { runService } from '@reinraum/kit'
import { configSchema } from './config.ts'
import { startGovernance } from './service.ts'

await runService('governance', configSchema, startGovernance)
