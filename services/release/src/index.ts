export { type ReleaseConfig, releaseConfigSchema } from './config.ts'
export { startRelease } from './service.ts'
