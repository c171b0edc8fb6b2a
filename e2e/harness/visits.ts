/**
 * Visits of 60 people in four districts; in `west` there are only two of them, so that it must be
 * suppressed. Every person and every note holds the mark.
 */
export function visitsCsv(mark = 'some'): string {
  const rows = Array.from({ length: 120 }, (_, i) => {
    const person = i % 60
    const district = person < 2 ? 'west' : (['north', 'east', 'south'] as const)[person % 3]
    return `${mark}-person-${person},${district},${100 + (i % 7) * 10},${mark}-note-${i}`
  })
  return ['person,district,cost,note', ...rows].join('\n').concat('\n')
}

export function districtsCsv(): string {
  return 'code,name\nnorth,Northern district\neast,Eastern district\nsouth,Southern district\nwest,Western district\n'
}

/** What the query must answer over these data, computed without any of our code: district name, visits, mean cost. */
export function expectedAnswer(floor: number): readonly (readonly [string, string, number])[] {
  const groups = new Map<string, { people: Set<string>; costs: number[] }>()
  for (const line of visitsCsv().trim().split('\n').slice(1)) {
    const [person = '', district = '', cost = ''] = line.split(',')
    if (Number(cost) < floor) continue
    const group = groups.get(district) ?? { people: new Set(), costs: [] }
    groups.set(district, group)
    group.people.add(person)
    group.costs.push(Number(cost))
  }
  const names = new Map(
    districtsCsv()
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split(',') as [string, string]),
  )
  return [...groups]
    .filter(([, { people }]) => people.size >= 3)
    .map(
      ([code, { costs }]) =>
        [names.get(code) ?? '', String(costs.length), costs.reduce((a, b) => a + b, 0) / costs.length] as const,
    )
    .sort(([a], [b]) => (a < b ? -1 : 1))
}
