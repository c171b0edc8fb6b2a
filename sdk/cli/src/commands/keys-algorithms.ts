import { randomUUID } from 'node:crypto'
import type { Command } from 'commander'
import { cycloneDx } from '../algorithms/cyclonedx.ts'
import { algorithmInventory } from '../algorithms/inventory.ts'
import { bind, type Exit } from '../command.ts'
import { type Io, table } from '../output.ts'

/** `keys algorithms`: what is used where, how strong it is, and how one leaves it. Needs no connection. */
export function keysAlgorithmsCommand(keys: Command, io: Io, exit: Exit): void {
  bind<{ cyclonedx?: boolean }>(
    keys
      .command('algorithms')
      .description('every cryptographic algorithm in use, and where')
      .option('--cyclonedx', 'a cryptographic bill of materials, CycloneDX 1.6 in JSON'),
    io,
    exit,
    async ({ io: { now } }, { cyclonedx = false }) => {
      const algorithms = algorithmInventory()
      if (cyclonedx) {
        const bom = cycloneDx(algorithms, { serial: randomUUID(), now: now() })
        return { text: JSON.stringify(bom, null, 2), json: bom }
      }
      const headings = ['USE', 'ALGORITHM', 'SPECIFICATION', 'STRENGTH', 'QUANTUM-SAFE', 'SELECTABLE', 'MIGRATION']
      const rows = algorithms.map((one) => [
        one.use,
        one.algorithm,
        one.specification,
        one.strength,
        one.quantumSafe,
        one.selectable,
        one.migration,
      ])
      return { text: table(headings, rows), json: { algorithms } }
    },
  )
}
