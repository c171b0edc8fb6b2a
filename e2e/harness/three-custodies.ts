import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connect, describeKeyService, type QueryDraft, sealDataset } from '@reinraum/client'
import type { LocalRoom } from '@reinraum/local'
import { type Contract, createIdentity, type Manifest, type Verified } from '@reinraum/statements'
import type { CleanRoom } from './clean-room.ts'
import { visitsCsv } from './visits.ts'

/** Three organisations run key services of their own; one is shared and attested. */
export const keyServicesOfThree = [
  { id: 'health-keys', custody: 'owner', operator: 'health' },
  { id: 'survey-keys', custody: 'owner', operator: 'survey' },
  { id: 'reviewer-keys', custody: 'owner', operator: 'reviewer' },
  { id: 'shared-keys', custody: 'attested' },
] as const

/** Where the key of the visits lies: in three shares, of which it takes two. */
export const sharesOfVisits = { threshold: 2, services: ['health-keys', 'survey-keys', 'reviewer-keys'] }

/**
 * The contract of a clean room with all three custodies: the visits' key in shares at three organisations, the districts' in
 * the attested service, and the areas' in its owner's own. Nobody reviews.
 */
export async function withThreeCustodies({ room }: LocalRoom): Promise<(contract: Contract) => Contract> {
  const session = connect({ room, identity: await createIdentity() })
  const others = await Promise.all(['survey-keys', 'reviewer-keys'].map((id) => describeKeyService(session, id)))
  session.close()
  return (contract) => {
    const districts = contract.slots.find(({ id }) => id === 'districts')
    if (districts === undefined) throw new Error('no districts')
    const areas: Contract['slots'][number] = {
      ...districts,
      id: 'areas',
      owner: 'health',
      keyService: 'health-keys',
      rule: { ...districts.rule, approvals: { by: ['health'], threshold: 'all' } },
    }
    return {
      ...contract,
      members: contract.members.map((member) =>
        member.id === 'reviewer' ? { ...member, roles: ['reviewer', 'owner'] } : member,
      ),
      slots: [...contract.slots.map((slot) => (slot.id === 'visits' ? { ...slot, keyService: sharesOfVisits } : slot)), areas],
      keyServices: [
        ...contract.keyServices,
        ...others.map(({ id, keys }) => ({ id, keys, custody: 'owner' as const, operator: id.replace('-keys', '') })),
      ],
      results: { ...contract.results, reviewers: [] },
    }
  }
}

const areaOf = (district: string) => (district === 'south' ? 'inland' : 'coast')

/** Seals the areas of the districts, whose key their owner keeps. */
export async function sealAreas(clean: CleanRoom): Promise<Verified<Manifest>> {
  const file = join(clean.directory, 'areas.csv')
  const rows = ['north', 'east', 'south', 'west'].map((district) => `${district},${areaOf(district)}\n`)
  await writeFile(file, `code,name\n${rows.join('')}`)
  const stateDirectory = join(clean.directory, 'state', 'health')
  const { manifest } = await sealDataset(clean.sessions.health, { contract: clean.contract, slot: 'areas', file, stateDirectory })
  return manifest
}

/** A query over all three. */
export const queryOfThree: QueryDraft = {
  title: 'Visits by area',
  purpose: 'Where people go',
  sql: `SELECT a.name AS area, count(*) AS visits, avg(v.cost) AS mean_cost
FROM visits v JOIN districts d ON v.district = d.code JOIN areas a ON d.code = a.code
WHERE v.cost >= $floor
GROUP BY 1
ORDER BY 1`,
  parameters: [{ name: 'floor', type: 'BIGINT', domain: { minimum: 0, maximum: 150 } }],
}

/** What it must answer with no floor, computed without any of our code: area, visits, mean cost. */
export function expectedAreas(): readonly (readonly [string, string, number])[] {
  const lines = visitsCsv().trim().split('\n').slice(1)
  return ['coast', 'inland'].map((area) => {
    const costs = lines
      .map((line) => line.split(','))
      .flatMap(([, district = '', cost]) => (areaOf(district) === area ? [Number(cost)] : []))
    return [area, String(costs.length), costs.reduce((a, b) => a + b, 0) / costs.length] as const
  })
}
