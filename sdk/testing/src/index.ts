export * from './refusal.ts'
export * from './service-ports.ts'
export * from './signed-statement.ts'
export * from './simulated-executors.ts'
