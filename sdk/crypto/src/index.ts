export * from './reinraum-error.ts'
