import { acceptContract, type ContractState, getContract, proposeContract, writeNewBytes } from '@reinraum/client'
import type { VerifiedContract } from '@reinraum/statements'
import type { Command } from 'commander'
import { bind, type Exit } from '../command.ts'
import { readContractDraft } from '../contract-draft.ts'
import { contractText, missingFrom } from '../contract-text.ts'
import { type Io, lines } from '../output.ts'
import { isId, readContract, withSession } from '../party.ts'

export function contractCommands(program: Command, io: Io, exit: Exit): void {
  const group = program.command('contract').description('who computes what with whom')

  bind(
    group
      .command('propose')
      .description('sign a contract and put it before the other members')
      .argument('<file>', 'YAML or JSON'),
    io,
    exit,
    (invocation, _, file) =>
      withSession(invocation, async (session) =>
        stateOutput(await proposeContract(session, await readContractDraft(file ?? '', session.now()))),
      ),
  )

  bind(
    group.command('accept').description('sign a proposed contract; read it first with `contract show`').argument('<id>'),
    io,
    exit,
    (invocation, _, id) => withSession(invocation, async (session) => stateOutput(await acceptContract(session, id ?? ''))),
  )

  bind<{ out?: string }>(
    group
      .command('show')
      .description('a contract, verified')
      .argument('<id>')
      .option('--out <file>', 'keep the signed contract, for offline use'),
    io,
    exit,
    (invocation, options, id) =>
      withSession(invocation, async (session) => {
        const contract = await getContract(session, id ?? '', { complete: false })
        if (options.out !== undefined) await writeNewBytes(options.out, contract.bytes, 0o644)
        return contractOutput(contract)
      }),
  )

  bind(
    group
      .command('verify')
      .description('whether a contract is signed by all members, valid and consistent')
      .argument('<id or file>'),
    io,
    exit,
    async (invocation, _, reference = '') =>
      contractOutput(
        isId(reference)
          ? await withSession(invocation, (session) => getContract(session, reference))
          : await readContract(invocation, reference),
      ),
  )
}

function stateOutput(state: ContractState) {
  const text = lines([
    ['contract', state.contractId],
    ['signed by', state.acceptedBy.join(', ')],
    ['in force', state.inForce ? 'yes' : 'not yet'],
  ])
  return { text, json: state }
}

async function contractOutput(contract: VerifiedContract) {
  const { id, document, acceptedBy } = contract
  const json = { id, acceptedBy, missing: missingFrom(contract), contract: document }
  return { text: await contractText(contract), json }
}
