export { configSchema } from './config.ts'
export { startGovernance } from './service.ts'
