import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  aggregatePermission,
  engineAggregateNames,
  engineWindowTypes,
  releasedAggregateNames,
} from '../analysis/aggregate-names.ts'
import { isCallable } from '../analysis/calls.ts'
import { scalarFunctionNames } from '../analysis/functions.ts'
import { isReleasedAggregate } from '../analysis/released-aggregates.ts'
import { type Engine, openEngine } from '../engine/instance.ts'
import { planExpressions, planOperators, sketching } from '../engine/plan.ts'
import { functionsOf, nodesOfLibrary } from './engine-names.ts'
import { type Judgement, parseJudgements, readJudgements, unjudged } from './judgements.ts'

let engine: Engine
let functions: readonly string[]
let judgements: ReadonlyMap<string, Judgement>
beforeAll(async () => {
  engine = await openEngine()
  functions = await engine.use(functionsOf)
  const version = await engine.use(async (c) => String((await c.runAndReadAll('SELECT version()')).getRows()[0]?.[0]))
  judgements = readJudgements(version) ?? expect.fail(`nobody judged ${version}; run npm run judge`)
})
afterAll(() => engine.close())

const verdictOf = (name: string) => judgements.get(name)?.verdict
const namesWith = (kind: RegExp, verdict: Judgement['verdict']) =>
  [...judgements].flatMap(([name, j]) => (kind.test(name) && j.verdict === verdict ? [name.replace(kind, '')] : [])).sort()

describe('the installed engine', () => {
  test('has no function, plan operator or node that nobody judged', () => {
    expect(functions.length).toBeGreaterThan(900)
    const nodes = nodesOfLibrary()
    expect(nodes.length).toBeGreaterThan(100)
    expect(unjudged([...functions, ...nodes], judgements)).toEqual([])
  })

  test('has every function that was judged', () => {
    const kinds = /^(scalar|aggregate|macro|pragma|table|table_macro) /
    expect([...judgements.keys()].filter((name) => kinds.test(name)).sort()).toEqual([...functions].sort())
  })

  test('is caught with a function or a node that is new', () => {
    const without = new Map(judgements)
    without.delete('scalar md5')
    without.delete('plan LOGICAL_GET')
    expect(unjudged([...functions, ...nodesOfLibrary()], without)).toEqual(['scalar md5', 'plan LOGICAL_GET'])
    expect(readJudgements('v9.9.9')).toBeUndefined()
  })

  test('has no line without a verdict and a reason', () => {
    expect(() => parseJudgements('scalar md5\trefused\t')).toThrow('md5')
    expect(() => parseJudgements('scalar md5\tperhaps\tit is late')).toThrow('md5')
  })
})

describe('what was judged is what the guard does:', () => {
  test('a query may call the functions that are allowed and no other', () => {
    const called = [...judgements.keys()].filter((name) => /^(scalar|macro) /.test(name) && isCallable(name.replace(/^\w+ /, '')))
    expect(called.map((name) => name.replace(/^\w+ /, '')).sort()).toEqual(namesWith(/^(scalar|macro) /, 'allowed'))
  })

  test('aggregates and windows are those of the file', () => {
    const windows = ['rank', 'dense_rank', 'percent_rank', 'cume_dist', 'ntile', 'row_number', 'first_value', 'last_value']
    const over = new Set([...windows, 'nth_value', 'lag', 'lead'])
    const allowed = [...judgements.keys()]
      .filter((name) => name.startsWith('aggregate '))
      .map((name) => name.slice(10))
      .filter((name) => Object.hasOwn(aggregatePermission, name) || isReleasedAggregate(name) || over.has(name))
    expect(allowed.sort()).toEqual(namesWith(/^aggregate /, 'allowed'))
    for (const type of engineWindowTypes) expect(verdictOf(`expression ${type}`), type).toBe('allowed')
  })

  test('a plan holds what is allowed or internal, and nothing that was refused', () => {
    for (const name of [...scalarFunctionNames, ...sketching]) {
      const verdicts = [verdictOf(`scalar ${name}`), verdictOf(`macro ${name}`)]
      expect(verdicts.includes('allowed') || verdicts.includes('internal'), name).toBe(true)
    }
    for (const name of [...engineAggregateNames, ...releasedAggregateNames]) {
      expect(verdictOf(`aggregate ${name}`), name).toMatch(/^(allowed|internal)$/)
    }
    expect(namesWith(/^plan (?=LOGICAL)/, 'allowed')).toEqual([...planOperators].sort())
    expect(namesWith(/^plan (?=BOUND)/, 'allowed')).toEqual([...planExpressions].sort())
  })
})
