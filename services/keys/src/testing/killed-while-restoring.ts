import { randomBytes } from '@reinraum/crypto'
import { SealService } from '@reinraum/proto'
import { refusalOf } from '@reinraum/testing'
import { expect } from 'vitest'
import { agreeAndImport } from './agreement.ts'
import { bundleOf, outcomeOf } from './attempt.ts'
import { contribute, shareOf } from './ceremony.ts'
import { startKeyServiceProcess } from './key-service-process.ts'
import { freshMachine, restore } from './machine.ts'
import { backUp, startRecoveryRoom } from './recovery.ts'
import type { PartyName, Room, RunningKeyService } from './room.ts'

/**
 * Kills a process with -9 while the last holder's share puts a backup in place, before the statements of SQL that `choose`
 * picks of all that it takes, and looks at what is there at the next start.
 */
export async function killWhileRestoring(choose: (statements: number) => readonly number[]): Promise<Record<string, number>> {
  const room = await startRecoveryRoom({
    shared: (file) => ({ rootKey: { kind: 'shares', threshold: 2, holders: [file('air'), file('bird')] } }),
  })
  const agreement = await agreeAndImport(room)
  const backup = await backUp(room, room.shared, `${room.folder}/backup`)
  const found = { waiting: 0, done: 0 }
  const restoring = async (dieAfter: number | null) => {
    const machine = await freshMachine(room)
    expect(await restore(machine, backup)).toContain('waits for the holders')
    const shared = { ...room.shared, config: machine.config, stop: async () => {} }
    const running = await startKeyServiceProcess({ ...room, shared })
    await unsealBy(running.room, 'air')
    await running.ask({ dieAfter })
    const last = unsealBy(running.room, 'bird')
    if (dieAfter === null) await last
    else expect(await refusalOf(last)).toMatch(/^(unavailable|internal)$/)
    const statements = dieAfter === null ? await running.ask({ statementsRun: true }) : undefined
    await running.kill()
    return {
      folder: machine.folder,
      statements: statements !== undefined && 'statements' in statements ? statements.statements : 0,
    }
  }
  for (const statement of choose((await restoring(null)).statements)) {
    const { folder } = await restoring(statement)
    const service = await room.start(folder)
    const { restoresFrom } = await service.asOf(SealService, room.parties.air).getSealStatus({ nonce: randomBytes(32) })
    found[restoresFrom === 0n ? 'done' : 'waiting'] += 1
    await unsealBy({ ...room, shared: service }, 'air', 'bird')
    await requireRestored(service)
    expect(await refusalOf(async () => outcomeOf(agreement, service, await bundleOf(agreement)))).toBe('rollback-detected')
    await service.stop()
  }
  await room.stop()
  return found
}

async function unsealBy(room: Room, ...names: readonly PartyName[]): Promise<void> {
  for (const name of names) await contribute(room.shared, room.parties[name], await shareOf(room.shared, room.parties[name]))
}

/** All of it, once. */
async function requireRestored({ vault: { store } }: RunningKeyService): Promise<void> {
  expect(await store.db.selectFrom('restorations').select('restored_at').execute()).toHaveLength(1)
  expect(await store.db.selectFrom('data_keys').select('slot').execute()).toHaveLength(2)
  expect(await store.db.selectFrom('locks').select('reason').execute()).toEqual([{ reason: 'restored' }])
}
