import { writeFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { queryYaml } from '../../harness/command-line-files.ts'
import { type Life, text } from './life.ts'

/** Questions: what may be asked, what is proposed, and what the owners say to it. */
export function questionsAreAsked({ as, at, known, offline }: Life): void {
  it('the guard says offline what may be asked, and where it may not', async () => {
    await writeFile(at('query.yaml'), queryYaml)
    await writeFile(at('leak.sql'), 'SELECT person, note\nFROM visits')
    const check = (file: string) => ['query', 'check', at(file), '--contract', at('contract.json')]
    expect(await offline(...check('query.yaml'))).toMatchObject({ exitCode: 0, out: expect.stringContaining('What will run:') })
    expect((await offline.json(...check('query.yaml'))).value.verdict).toBe('allowed')
    const refused = await offline(...check('leak.sql'))
    expect(refused.exitCode).toBe(2)
    expect(refused.out).toMatch(/^ {2}✗ 1:\d+ .+ \([a-z-]+\)$/m)
    expect((await offline.json(...check('leak.sql'))).value.verdict).toBe('refused')
    await writeFile(at('broken.sql'), "SELECT district\nFROM visits WHERE note = 'canary' GROUP district")
    const broken = await offline(...check('broken.sql'))
    expect(broken.exitCode).toBe(2)
    expect(broken.out).toMatch(/^ {2}✗ 2:\d+ .+$/m)
    // Where the place is shown the author's own text is, and nowhere else.
    expect(broken.out.split('\n').filter((line) => line.includes('canary'))).toEqual([
      expect.stringMatching(/^ {4}2 │ FROM visits/),
    ])
    const draft = ['--contract', at('contract.yaml')]
    expect(await offline('query', 'check', at('query.yaml'), ...draft)).toMatchObject({ exitCode: 0 })
    expect(await as.analyst.json('query', 'propose', at('leak.sql'), '--contract', known.contract)).toMatchObject({
      exitCode: 2,
      value: { error: { code: 'guard-refused' } },
    })
  })

  it('the analyst proposes, the owners approve one query and reject another', async () => {
    const propose = ['query', 'propose', at('query.yaml'), '--contract', known.contract]
    known.query = text((await as.analyst.json(...propose)).value.queryId)
    const other = await as.analyst(...propose, '--title', 'The same once more')
    known.rejected = /sha256:[0-9a-f]{64}/.exec(other.out)?.[0] ?? ''

    const approve = ['query', 'approve', known.query, '--contract', known.contract, '--runs', '5']
    known.approval = text((await as.health.json(...approve)).value.approvalId)
    expect((await as.survey(...approve, '--days', '2')).out).toMatch(/^runs +5$/m)
    expect(await as.health.json(...approve, '--runs', 'many')).toMatchObject({ exitCode: 1 })
    const reject = ['query', 'reject', known.rejected, '--contract', known.contract, '--reason', 'asked already']
    expect(await as.health(...reject)).toMatchObject({ exitCode: 0, out: expect.stringContaining('rejection') })
    expect((await as.survey.json(...reject)).value.rejectionId).toMatch(/^sha256:/)

    const list = await as.survey('query', 'list', '--contract', known.contract)
    expect(list.out).toContain('health approves, survey approves')
    expect(list.out).toContain('health rejects, survey rejects')
    expect((await as.survey.json('query', 'list', '--contract', known.contract)).value.queries).toHaveLength(2)
    const show = ['query', 'show', known.query, '--contract', known.contract]
    const shown = await as.survey(...show)
    expect(shown.out).toContain('$floor BIGINT')
    expect(shown.out).toMatch(/^each row +stands for at least 3 different privacy units/m)
    expect((await as.survey.json(...show)).value.decisions).toHaveLength(2)
    expect(await as.analyst.json('run', 'start', known.rejected, '--contract', known.contract, '--set', 'floor=0')).toMatchObject(
      {
        exitCode: 2,
        value: { error: { code: 'query-rejected' } },
      },
    )
  })

  it('a run outside its domain, or with nowhere to go, is not even signed', async () => {
    const start = ['run', 'start', known.query, '--contract', known.contract]
    const code = async (...more: string[]) => {
      const { exitCode, value } = await as.analyst.json(...start, ...more)
      return [exitCode, value.error?.code]
    }
    expect(await code('--set', 'floor=151')).toEqual([2, 'parameter-outside-domain'])
    expect(await code()).toEqual([1, 'invalid-argument'])
    expect(await code('--set', 'ceiling=1')).toEqual([1, 'invalid-argument'])
    expect(await code('--set', 'floor=low')).toEqual([1, 'invalid-argument'])
    expect(await code('--set', 'floor=0', '--out', at('answer.csv'))).toEqual([1, 'invalid-argument'])
    expect(await code('--set', 'floor=0', '--wait', '--out', at('answer.txt'))).toEqual([1, 'invalid-argument'])
    expect(await code('--set', 'floor=0', '--wait', '--out', at('visits.csv'))).toEqual([1, 'already-exists'])
  })
}
