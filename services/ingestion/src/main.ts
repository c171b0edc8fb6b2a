import { runService } from '@reinraum/kit'
import { ingestionConfigSchema } from './config.ts'
import { startIngestion } from './service.ts'

await runService('ingestion', ingestionConfigSchema, startIngestion)
