export { configSchema } from './config.ts'
export * from './data-path.ts'
export { startExecutor } from './service.ts'
