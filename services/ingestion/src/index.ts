export { type IngestionConfig, ingestionConfigSchema } from './config.ts'
export { startIngestion } from './service.ts'
