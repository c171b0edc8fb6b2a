export type { Io } from './output.ts'
export { runCli } from './run-cli.ts'
