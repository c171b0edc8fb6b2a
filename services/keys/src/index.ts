export { type KeysConfig, keysConfigSchema } from './config.ts'
export { startKeys } from './service.ts'
