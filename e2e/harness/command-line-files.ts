/** What an analyst writes. */
export const queryYaml = `
title: Visits by district
purpose: Where people go
sql: |
  SELECT d.name AS district, count(*) AS visits, avg(v.cost) AS mean_cost
  FROM visits v JOIN districts d ON v.district = d.code
  WHERE v.cost >= $floor
  GROUP BY 1
  ORDER BY 1
parameters:
  - { name: floor, type: BIGINT, domain: { minimum: 0, maximum: 150 } }
`

/** What a member writes. JSON is YAML: the reference values come as a member would paste them. */
export function contractYaml({ executor, keys }: { readonly executor: unknown; readonly keys: unknown }): string {
  return `
name: Visits and districts
purpose: The command line's own test
members:
  - { id: health, name: Health agency, roles: [owner], keys: { file: health.public.json } }
  - { id: survey, name: Survey, roles: [owner], keys: { file: survey.public.json } }
  - { id: analyst, name: Analyst, roles: [analyst, recipient], keys: { file: analyst.public.json } }
  - { id: reviewer, name: Reviewer, roles: [reviewer], keys: { file: reviewer.public.json } }
slots:
  - id: visits
    owner: health
    keyService: health-keys
    schema:
      columns:
        - { name: person, type: VARCHAR }
        - { name: district, type: VARCHAR }
        - { name: cost, type: BIGINT }
        - { name: note, type: VARCHAR }
    rule:
      version: 1
      modes: [template]
      privacyUnit: { column: person }
      columns:
        district: { dimension: true, join: true, filter: literal }
        cost: { aggregate: [avg, sum], bounds: [0, 1000], filter: literal }
      output: { minimumGroupSize: 3, maxRows: 1000 }
      approvals: { by: [health], threshold: all }
  - id: districts
    owner: survey
    keyService: shared-keys
    schema:
      columns:
        - { name: code, type: VARCHAR }
        - { name: name, type: VARCHAR }
    rule:
      version: 1
      modes: [template]
      privacyUnit: none
      columns:
        code: { join: true, dimension: true, filter: any }
        name: { dimension: true, filter: any }
      output: { minimumGroupSize: 2, maxRows: 1000 }
      approvals: { by: [survey], threshold: all }
keyServices:
  - { id: health-keys, custody: owner, operator: health, keys: { file: health-keys.json } }
  - { id: shared-keys, custody: attested, keys: { file: shared-keys.json }, referenceValues: ${JSON.stringify(keys)} }
executors: ${JSON.stringify(executor)}
results: { recipients: [analyst], reviewers: [{ member: reviewer, mode: approve }] }
validity: { notAfter: ${new Date(Date.now() + 86_400_000).toISOString()} }
`
}
