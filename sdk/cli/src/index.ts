export { cycloneDx } from './algorithms/cyclonedx.ts'
export { type AlgorithmUse, algorithmInventory } from './algorithms/inventory.ts'
export type { Io } from './output.ts'
export { runCli } from './run-cli.ts'
