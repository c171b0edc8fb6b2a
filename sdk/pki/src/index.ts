export * from './authority.ts'
