import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromBase64url, randomBytes } from '@reinraum/crypto'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { appraise } from '../appraise.ts'
import type { Endorsements } from '../evidence.ts'
import { simulatedAttester } from '../simulator/snp/attester.ts'
import type { SimulatedPlatform } from '../simulator/snp/platform.ts'
import { simulatedTdxAttester } from '../simulator/tdx/attester.ts'
import { encodeEventLog } from '../simulator/tdx/event-log.ts'
import { encodeCertificateTable } from '../testing/certificate-table.ts'
import {
  type ConfigfsTsmFolder,
  createConfigfsTsmFolder,
  fail,
  type TsmCall,
  type TsmDriver,
} from '../testing/configfs-tsm-folder.ts'
import { createPlatform, measurement, now, referenceFor, reportData } from '../testing/simulated-evidence.ts'
import { createTdxPlatform, events, mrConfigId, mrtd, tdxReferenceFor } from '../testing/simulated-tdx-evidence.ts'
import { type ConfigfsTsmOptions, openConfigfsTsm } from './open-configfs-tsm.ts'
import { nodeTsmFiles, type TsmFiles } from './tsm-files.ts'

const retries = { attempts: 3, waitMs: 1 }
const none: Endorsements = { certificates: [], crls: [] }
let platform: SimulatedPlatform
beforeAll(async () => {
  platform = await createPlatform()
})

/** The simulated processor behind the kernel's interface; the host gives VCEK, ASK and ARK along. */
const sevGuest: TsmDriver = async (inblob, vmpl) => {
  const attester = simulatedAttester(platform, { measurement, overrides: { report: { vmpl } } })
  const { evidence } = await attester.getEvidence(inblob)
  const { ark, ask, vcek } = platform.certificates
  const auxblob = encodeCertificateTable([
    { guid: 'vcek', bytes: fromBase64url(vcek) },
    { guid: 'ask', bytes: fromBase64url(ask) },
    { guid: 'ark', bytes: fromBase64url(ark) },
  ])
  return { outblob: evidence.tee === 'snp' ? evidence.report : new Uint8Array(), auxblob }
}

/** A quote of which only the version and the place of the report data are right: nobody appraises it here. */
const tdxGuest =
  (version: number): TsmDriver =>
  async (inblob) => {
    const outblob = new Uint8Array(5000).fill(0x7d)
    new DataView(outblob.buffer).setUint16(0, version, true)
    outblob.set(inblob, version === 5 ? 574 : 568)
    return { outblob }
  }

async function folderOf(options: Partial<Parameters<typeof createConfigfsTsmFolder>[0]> = {}): Promise<ConfigfsTsmFolder> {
  const made = await createConfigfsTsmFolder({ driver: sevGuest, ...options })
  onTestFinished(() => made.remove())
  return made
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'reinraum-ccel-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

function open({ folder, files }: ConfigfsTsmFolder, options: Partial<ConfigfsTsmOptions> = {}) {
  const endorsements = async () => ({ certificates: [], crls: [fromBase64url(platform.crl)] })
  return openConfigfsTsm({ folder, files, endorsements, retries, eventLogFile: null, ...options })
}

async function refusalOf(made: ConfigfsTsmFolder, options: Partial<ConfigfsTsmOptions> = {}, asked = reportData) {
  const attempt = open(made, options).then((attester) => attester.getEvidence(asked))
  const code = await attempt.then(
    () => 'evidence',
    (error) => error.code,
  )
  expect(await made.entries()).toEqual([])
  return code
}

const once = (when: (call: TsmCall) => boolean, effect: (call: TsmCall) => void) => {
  let done = false
  return (call: TsmCall) => {
    if (done || !when(call)) return
    done = true
    effect(call)
  }
}
const asks = ({ operation, name }: TsmCall) => operation === 'read' && name === 'outblob'
const anotherWrites = ({ state }: TsmCall) => {
  state.generation += 1n
}

describe('on an SEV-SNP guest', () => {
  it('the report binds what was asked, and passes with the host’s certificates and the operator’s list', async () => {
    const made = await folderOf()
    const { evidence, endorsements } = await (await open(made)).getEvidence(reportData)
    expect([endorsements.certificates.length, endorsements.crls.length]).toEqual([3, 1])
    expect(await appraise(evidence, endorsements, referenceFor(platform), { reportData }, now)).toMatchObject({
      status: 'affirming',
      hardware: false,
    })
    expect(await made.entries()).toEqual([])
  })

  it('a certificate that both the host and the operator give is passed along once', async () => {
    const certificates = [fromBase64url(platform.certificates.vcek)]
    const attester = await open(await folderOf(), { endorsements: async () => ({ certificates, crls: [] }) })
    expect((await attester.getEvidence(reportData)).endorsements.certificates).toHaveLength(3)
  })

  it('a certificate of the operator stands in the place of the host’s of the same name', async () => {
    const newer = fromBase64url((await createPlatform()).certificates.vcek)
    const attester = await open(await folderOf(), { endorsements: async () => ({ certificates: [newer], crls: [] }) })
    const { ark, ask } = platform.certificates
    expect((await attester.getEvidence(reportData)).endorsements.certificates).toEqual([newer, ...[ask, ark].map(fromBase64url)])
  })

  it('a host that gives no certificates leaves them to the operator', async () => {
    const driver: TsmDriver = async (inblob, vmpl) => ({ outblob: (await sevGuest(inblob, vmpl)).outblob })
    const attester = await open(await folderOf({ driver }), { endorsements: async () => none })
    expect((await attester.getEvidence(reportData)).endorsements).toEqual(none)
  })

  it('a privilege level that is configured is the one that the report speaks of', async () => {
    const { evidence } = await (await open(await folderOf(), { privilegeLevel: 2 })).getEvidence(reportData)
    expect(evidence.tee === 'snp' && evidence.report[0x30]).toBe(2)
    expect(await refusalOf(await folderOf(), { privilegeLevel: 4 })).toBe('invalid-argument')
  })

  it('many who ask at once are answered one after the other, each with what it asked for', async () => {
    let [running, most] = [0, 0]
    const driver: TsmDriver = async (inblob, vmpl) => {
      running += 1
      most = Math.max(most, running)
      const answer = await sevGuest(inblob, vmpl)
      running -= 1
      return answer
    }
    const attester = await open(await folderOf({ driver }))
    const asked = Array.from({ length: 8 }, () => randomBytes(64))
    const answers = await Promise.all(asked.map((nonce) => attester.getEvidence(nonce)))
    const bound = answers.map(({ evidence }) => evidence.tee === 'snp' && evidence.report.subarray(0x50, 0x90))
    expect(bound).toEqual(asked)
    expect(most).toBe(1)
  })

  it('more than 64 who ask at once are refused, and those before them are not', async () => {
    const attester = await open(await folderOf())
    const outcomes = await Promise.allSettled(Array.from({ length: 65 }, () => attester.getEvidence(reportData)))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(64)
    expect(outcomes[64]).toMatchObject({ reason: { code: 'resource-exhausted' } })
    await expect(attester.getEvidence(reportData)).resolves.toBeDefined()
  })
})

describe('on a TDX guest', () => {
  it.each([4, 5])('a quote of version %i that binds what was asked is evidence', async (version) => {
    const attester = await open(await folderOf({ provider: 'tdx_guest', driver: tdxGuest(version) }))
    const { evidence } = await attester.getEvidence(reportData)
    expect(evidence).toMatchObject({ tee: 'tdx', quote: (await tdxGuest(version)(reportData, 0)).outblob })
    expect(evidence).not.toHaveProperty('eventLog')
  })

  it('quote, event log and collateral pass together', async () => {
    const platform = await createTdxPlatform()
    const simulated = simulatedTdxAttester(platform, { mrtd, mrConfigId, events })
    const { endorsements: fetched } = await simulated.getEvidence(reportData)
    const driver: TsmDriver = async (inblob) => {
      const { evidence } = await simulated.getEvidence(inblob)
      return { outblob: evidence.tee === 'tdx' ? evidence.quote : new Uint8Array() }
    }
    const made = await folderOf({ provider: 'tdx_guest', driver })
    const eventLogFile = join(await temporaryFolder(), 'CCEL')
    await writeFile(eventLogFile, encodeEventLog(events, 60_000))
    // The log is an ordinary file of the kernel's, outside configfs.
    const files: TsmFiles = {
      ...made.files,
      read: (path, maximum) => (path === eventLogFile ? nodeTsmFiles : made.files).read(path, maximum),
    }
    const attester = await open({ ...made, files }, { eventLogFile, endorsements: async () => fetched })
    const { evidence, endorsements } = await attester.getEvidence(reportData)
    expect(await appraise(evidence, endorsements, tdxReferenceFor(platform), { reportData }, now)).toMatchObject({
      status: 'affirming',
      reasons: [],
      hardware: false,
    })
  })

  it('an event log that was named and is not there gives no evidence', async () => {
    const made = await folderOf({ provider: 'tdx_guest', driver: tdxGuest(4) })
    expect(await refusalOf(made, { eventLogFile: '/nonexistent/CCEL' })).toBe('unsupported')
  })

  it('an event log that this machine does not have is left out where none was named', async () => {
    const made = await folderOf({ provider: 'tdx_guest', driver: tdxGuest(4) })
    const attester = await openConfigfsTsm({ folder: made.folder, files: made.files, retries, endorsements: async () => none })
    expect((await attester.getEvidence(reportData)).evidence).not.toHaveProperty('eventLog')
  })

  it('collateral comes from the operator', async () => {
    const endorsements = { ...none, collateral: Uint8Array.of(0x7b, 0x7d) }
    const made = await folderOf({ provider: 'tdx_guest', driver: tdxGuest(4) })
    const attester = await open(made, { endorsements: async () => endorsements })
    expect((await attester.getEvidence(reportData)).endorsements).toEqual(endorsements)
  })

  it('it has no privilege levels', async () => {
    const made = await folderOf({ provider: 'tdx_guest', driver: tdxGuest(4) })
    expect(await refusalOf(made, { privilegeLevel: 0 })).toBe('invalid-argument')
  })

  it('a quote of a version whose layout nobody knows is refused', async () => {
    expect(await refusalOf(await folderOf({ provider: 'tdx_guest', driver: tdxGuest(6) }))).toBe('malformed-evidence')
  })
})

describe('an entry that changes while it is read', () => {
  it('is left, and another one is made', async () => {
    let entries = 0
    const change = once(asks, anotherWrites)
    const before = (call: TsmCall) => {
      if (call.operation === 'mkdir') entries += 1
      change(call)
    }
    expect(await refusalOf(await folderOf({ before }))).toBe('evidence')
    // The first of them was asked who signs reports here.
    expect(entries).toBe(3)
  })

  it('with data of somebody else’s gives no evidence for theirs', async () => {
    const theirs = randomBytes(64)
    const overwrite = ({ state }: TsmCall) => {
      state.inblob = theirs
      state.generation += 1n
    }
    const attester = await open(await folderOf({ before: once(asks, overwrite) }))
    const { evidence } = await attester.getEvidence(reportData)
    expect(evidence.tee === 'snp' && evidence.report.subarray(0x50, 0x90)).toEqual(reportData)
  })

  it('every time is given up, a bounded number of times later', async () => {
    let seen = 0
    const before = (call: TsmCall) => {
      if (!asks(call)) return
      seen += 1
      anotherWrites(call)
    }
    expect(await refusalOf(await folderOf({ before }))).toBe('unavailable')
    expect(seen).toBe(retries.attempts)
  })

  it('is noticed when the kernel drops a write without telling', async () => {
    const before = ({ operation, name, state }: TsmCall) => {
      if (operation === 'read' && name === 'auxblob') state.generation -= 1n
    }
    expect(await refusalOf(await folderOf({ before }))).toBe('unavailable')
  })

  it.each(['', '-1', '1.5', '0x1', '1'.repeat(21)])('and a generation of %j is none', async (text) => {
    const made = await folderOf()
    const read: typeof made.files.read = async (path, maximum) =>
      path.endsWith('generation') ? Buffer.from(text) : made.files.read(path, maximum)
    expect(await refusalOf({ ...made, files: { ...made.files, read } })).toBe('malformed-evidence')
  })
})

describe('a kernel that cannot answer now', () => {
  const steps: readonly (readonly [string, (call: TsmCall) => boolean])[] = [
    ['an entry is made', ({ operation }) => operation === 'mkdir'],
    ['the data is written', ({ operation, name }) => operation === 'write' && name === 'inblob'],
    ['the report is read', asks],
    ['the certificates are read', ({ operation, name }) => operation === 'read' && name === 'auxblob'],
    ['the entry is removed', ({ operation }) => operation === 'rmdir'],
  ]
  const passing = steps.flatMap(([step, when]) => ['EBUSY', 'EAGAIN', 'EINTR'].map((code) => [code, step, when] as const))

  it.each(passing)('is asked again: %s when %s', async (code, _, when) => {
    expect(await refusalOf(await folderOf({ before: once(when, () => fail(code)) }))).toBe('evidence')
  })

  it('is asked a bounded number of times', async () => {
    let seen = 0
    const before = (call: TsmCall) => {
      if (!asks(call)) return
      seen += 1
      fail('EBUSY')
    }
    expect(await refusalOf(await folderOf({ before }))).toBe('unavailable')
    expect(seen).toBe(retries.attempts)
  })

  it.each([
    ['EIO', 'unavailable'],
    ['ETIMEDOUT', 'unavailable'],
    ['EACCES', 'unavailable'],
    ['EINVAL', 'unavailable'],
    ['ENXIO', 'unsupported'],
  ])('and one that fails with %s is not: %s', async (code, refusal) => {
    let seen = 0
    const before = (call: TsmCall) => {
      if (!asks(call)) return
      seen += 1
      fail(code)
    }
    expect(await refusalOf(await folderOf({ before }))).toBe(refusal)
    expect(seen).toBe(1)
  })

  it('an entry that is not removed at first is removed later, and the failure before it is the one that is told', async () => {
    let removals = 0
    const before = (call: TsmCall) => {
      if (asks(call)) fail('EIO')
      if (call.operation === 'rmdir' && ++removals === 2) fail('EBUSY')
    }
    expect(await refusalOf(await folderOf({ before }))).toBe('unavailable')
    expect(removals).toBe(3)
  })
})

describe('refused', () => {
  it.each(['arm_cca_guest', 'sev_guest2', 'sev', '', 'tdx_guest\0'])('reports of the provider %j', async (provider) => {
    expect(await refusalOf(await folderOf({ provider }))).toBe('unsupported')
  })

  it('a machine without such a kernel', async () => {
    const attempt = openConfigfsTsm({ folder: '/nonexistent/tsm/report', retries, endorsements: async () => none })
    await expect(attempt).rejects.toMatchObject({ code: 'unsupported' })
  })

  it('a folder that is no configfs, where an entry has no attributes', async () => {
    const made = await folderOf()
    const attempt = openConfigfsTsm({ folder: made.folder, files: nodeTsmFiles, retries, endorsements: async () => none })
    await expect(attempt).rejects.toMatchObject({ code: 'unsupported' })
    expect(await made.entries()).toEqual([])
  })

  it.each([
    ['SEV-SNP', 'sev_guest', sevGuest],
    ['TDX', 'tdx_guest', tdxGuest(4)],
    ['TDX, version 5', 'tdx_guest', tdxGuest(5)],
  ])('a report that binds other data than was asked for: %s', async (_, provider, honest) => {
    const driver: TsmDriver = (inblob, level) =>
      honest(
        Uint8Array.from(inblob, (byte, i) => (i === 63 ? byte ^ 1 : byte)),
        level,
      )
    expect(await refusalOf(await folderOf({ provider, driver }))).toBe('report-data-mismatch')
  })

  it.each([0, 47, 631, 1183, 1185])('a report of %i bytes', async (length) => {
    const driver: TsmDriver = async () => ({ outblob: new Uint8Array(length) })
    expect(await refusalOf(await folderOf({ driver }))).toBe('malformed-evidence')
    expect(await refusalOf(await folderOf({ driver, provider: 'tdx_guest' }))).toBe('malformed-evidence')
  })

  it.each(['outblob', 'auxblob'] as const)('more than 64 KiB of %s', async (name) => {
    const driver: TsmDriver = async (inblob, level) => ({ ...(await sevGuest(inblob, level)), [name]: new Uint8Array(65537) })
    expect(await refusalOf(await folderOf({ driver }))).toBe('malformed-evidence')
  })

  it('a certificate table that is none', async () => {
    const driver: TsmDriver = async (inblob, level) => ({ ...(await sevGuest(inblob, level)), auxblob: new Uint8Array(23) })
    expect(await refusalOf(await folderOf({ driver }))).toBe('malformed-evidence')
  })

  it('a certificate table with DER that is no certificate', async () => {
    const auxblob = encodeCertificateTable([{ guid: 'vcek', bytes: Uint8Array.of(0x30, 0x03, 0x02, 0x01, 0x01) }])
    const driver: TsmDriver = async (inblob, level) => ({ ...(await sevGuest(inblob, level)), auxblob })
    expect(await refusalOf(await folderOf({ driver }))).toBe('malformed-evidence')
  })

  it.each(['inblob', 'privlevel'])('a write of which the kernel takes only a part: %s', async (part) => {
    const takes = (name: string, length: number) => (name === part ? length - 1 : length)
    expect(await refusalOf(await folderOf({ takes }), { privilegeLevel: 0 })).toBe('unavailable')
  })

  it.each([0, 32, 63, 65])('a request for %i bytes', async (length) => {
    expect(await refusalOf(await folderOf(), {}, randomBytes(length))).toBe('invalid-argument')
  })

  it('evidence whose endorsements cannot be had', async () => {
    const endorsements = () => Promise.reject(Object.assign(new Error('no list'), { code: 'unavailable' }))
    expect(await refusalOf(await folderOf(), { endorsements })).toBe('unavailable')
  })
})
