import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { executorChallengeBinding, reportDataOf } from '@reinraum/attestation'
import { connect } from '@reinraum/client'
import { randomBytes, toBase64url, toHex } from '@reinraum/crypto'
import type { LocalRoom } from '@reinraum/local'
import { evidenceFromMessage } from '@reinraum/rpc'
import { parseIdentity } from '@reinraum/statements'

/** What an executor answered to a member's challenge, as somebody without a network is handed it: in files. */
export interface ExecutorEvidence {
  /** as `attestation verify` takes it, without report data */
  readonly argv: readonly string[]
  /** hex; what the evidence is bound to */
  readonly reportData: string
}

/** Challenges a running executor of an SEV-SNP room as the member that this identity file is of. */
export async function writeExecutorEvidence(
  local: LocalRoom,
  { folder, identity, contractId }: { readonly folder: string; readonly identity: string; readonly contractId: string },
): Promise<ExecutorEvidence> {
  const session = connect({ room: local.room, identity: parseIdentity(JSON.parse(await readFile(identity, 'utf8'))) })
  const nonce = randomBytes(32)
  const answer = await session.governance.challengeExecutor({ contractId, nonce }).finally(() => session.close())
  const { evidence, endorsements } = evidenceFromMessage(answer.evidence)
  const at = (name: string) => join(folder, name)
  await mkdir(at('endorsements'), { recursive: true })
  const ders = [...endorsements.certificates, ...endorsements.crls]
  for (const [index, der] of ders.entries()) await writeFile(at(`endorsements/${index}.der`), der)
  await writeFile(at('report.bin'), evidence.tee === 'snp' ? evidence.report : evidence.quote)
  await writeFile(at('policy.json'), JSON.stringify(local.referenceValues().executor))
  return {
    argv: [
      ...['attestation', 'verify', '--tee', 'snp', '--evidence', at('report.bin')],
      ...['--endorsements', at('endorsements'), '--policy', at('policy.json')],
    ],
    reportData: toHex(reportDataOf(executorChallengeBinding({ contract: contractId, nonce: toBase64url(nonce) }))),
  }
}
