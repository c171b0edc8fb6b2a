import { hpkeSuites } from '@reinraum/crypto'
import { attesterConfigSchema, serviceConfigShape } from '@reinraum/kit'
import { keyServiceIdSchema, memberIdSchema } from '@reinraum/statements'
import { z } from 'zod'
import { maximumDestructionDelayMs } from './administration/destruction-delay.ts'
import { quotasSchema } from './quotas.ts'
import { type RootKeyConfig, rootKeyConfigSchema } from './root-key/root-key-config.ts'

const path = z.string().min(1)

export const keysConfigSchema = serviceConfigShape
  .extend({
    /** the id under which contracts name this service */
    keyServiceId: keyServiceIdSchema,
    custody: z.enum(['owner', 'attested']),
    /** owner custody: the member that runs the service */
    operator: memberIdSchema.optional(),
    /** where the key comes from that wraps all others */
    rootKey: rootKeyConfigSchema,
    /** where it came from before: for a store that `Reshare` has still to take over to `rootKey` */
    formerRootKey: rootKeyConfigSchema.optional(),
    /** of the keys that the service makes for itself at its first start: X-Wing unless named. Contracts pin them, so it stays. */
    identitySuite: z.enum(hpkeSuites).optional(),
    /** files of public keys, of those who may seal the service, back it up and restore it */
    administrators: z.array(path).max(16).default([]),
    /** attested custody: where evidence comes from */
    attester: attesterConfigSchema.optional(),
    /** the shortest time between an owner's order to destroy a key and its destruction, in ms; 0 allows it at once */
    minimumDestructionDelayMs: z.int().min(0).max(maximumDestructionDelayMs).default(3_600_000),
    /** what one party, run or contract may make this service hold or write */
    quotas: quotasSchema,
    /** identities for executors */
    workloadIdentity: z.strictObject({ lifetimeSeconds: z.int().min(60).max(3600).default(3600) }).prefault({}),
    /** governance's service port: where a revocation is fetched after its event */
    governance: z.string().min(1),
  })
  .refine((c) => c.custody !== 'owner' || c.operator !== undefined, {
    message: 'owner custody names its operator',
    path: ['operator'],
  })
  .refine((c) => c.custody !== 'attested' || c.attester !== undefined, {
    message: 'attested custody needs an attester',
    path: ['attester'],
  })
  .refine((c) => c.attester !== undefined || (c.rootKey.kind !== 'tee' && c.formerRootKey?.kind !== 'tee'), {
    message: 'a root key of the TEE needs an attester',
    path: ['attester'],
  })
  // A file is the operator's to read, and the library of a token is code that no measurement covers.
  .refine((c) => c.custody !== 'attested' || c.attester?.kind !== 'configfs-tsm' || isInPeoplesHands(c), {
    message: 'attested custody on hardware has its root key in shares',
    path: ['rootKey'],
  })
  .refine((c) => c.formerRootKey?.kind !== c.rootKey.kind, {
    message: 'the former root key is of another kind than the new one; holders of shares change without it',
    path: ['formerRootKey'],
  })

function isInPeoplesHands({ rootKey, formerRootKey }: { rootKey: RootKeyConfig; formerRootKey?: RootKeyConfig | undefined }) {
  return rootKey.kind === 'shares' && formerRootKey === undefined
}

export type KeysConfig = z.infer<typeof keysConfigSchema>
