export { configSchema } from './config.ts'
export { startExecutor } from './service.ts'
