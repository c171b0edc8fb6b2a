import { describe, expect, it } from 'vitest'
import { lifeEnds } from './command-line/afterwards.ts'
import { badInputIsRefused } from './command-line/bad-input.ts'
import { contractIsMade } from './command-line/contract.ts'
import { dataIsSealed } from './command-line/keys.ts'
import { useLife } from './command-line/life.ts'
import { questionsAreAsked } from './command-line/queries.ts'
import { runsAreAnswered } from './command-line/results.ts'
import { othersAreVerified } from './command-line/verification.ts'

const commands = [
  ...['identity create', 'identity show', 'contract propose', 'contract accept', 'contract show', 'contract verify'],
  ...[
    'keys describe',
    'keys verify',
    'keys import-key',
    'keys import',
    'keys algorithms',
    'executor verify',
    'attestation verify',
    'dataset seal',
    'dataset list',
    'dataset show',
  ],
  ...['keys list', 'keys show', 'keys rotate', 'keys rewrap', 'keys minimum', 'keys destroy', 'keys log', 'keys revoke'],
  ...['query check', 'query propose', 'query approve', 'query reject', 'query list', 'query show'],
  ...['run start', 'run status', 'run cancel', 'run result', 'result review', 'receipt verify', 'revoke'],
]

const life = useLife()

describe('the command line takes four parties through the whole life of a clean room:', () => {
  contractIsMade(life)
  othersAreVerified(life)
  dataIsSealed(life)
  questionsAreAsked(life)
  runsAreAnswered(life)
  lifeEnds(life)

  it('and every command spoke to people as well as to programs', () => {
    expect([...life.ran.text].sort()).toEqual([...commands].sort())
    expect([...life.ran.json].sort()).toEqual([...commands].sort())
  })
})

describe('bad input ends in one sentence, and with nothing half-done:', () => badInputIsRefused(life))
