import { writeNewBytes, writeNewFile } from '@reinraum/client'
import { type HpkeSuite, hpkeSuites } from '@reinraum/crypto'
import { createIdentity, fingerprintOf, publicKeysOf, thumbprint } from '@reinraum/statements'
import { type Command, Option } from 'commander'
import { bind, type Exit } from '../command.ts'
import { type Io, lines } from '../output.ts'
import { readIdentity } from '../party.ts'

/** HPKE suites by the names that a person types. */
const suites: Readonly<Record<string, HpkeSuite>> = { 'x-wing': hpkeSuites[0], 'mlkem1024-p384': hpkeSuites[1] }

export function identityCommands(program: Command, io: Io, exit: Exit): void {
  const group = program.command('identity').description('your signing and decryption keys')

  bind<{ out: string; public?: string; suite: string }>(
    group
      .command('create')
      .description('make a new identity: Ed25519 and ML-DSA-65 to sign, X-Wing or ML-KEM-1024 with P-384 to receive')
      .requiredOption('--out <file>', 'where the identity goes; whoever reads this file is you')
      .addOption(new Option('--suite <suite>', 'to receive with').choices(Object.keys(suites)).default('x-wing'))
      .option('--public <file>', 'write the public keys for a contract here'),
    io,
    exit,
    async (_, options) => {
      const identity = await createIdentity(suites[options.suite])
      const keys = publicKeysOf(identity)
      await writeNewFile(options.out, async (file) => {
        await writeNewBytes(file, `${JSON.stringify(identity, null, 2)}\n`, 0o600)
        if (options.public !== undefined) await writeNewBytes(options.public, `${JSON.stringify(keys, null, 2)}\n`, 0o644)
      })
      const print = await thumbprint(keys.signing.ed25519)
      return {
        text: lines([
          ['identity', options.out],
          ['suite', keys.hpke.suite],
          ['thumbprint', print],
          ['all keys', fingerprintOf(keys)],
        ]),
        json: { file: options.out, thumbprint: print, fingerprint: fingerprintOf(keys), publicKeys: keys },
      }
    },
  )

  bind(
    group.command('show').description('the public keys of an identity, as a contract names them'),
    io,
    exit,
    async (invocation) => {
      const keys = publicKeysOf(await readIdentity(invocation))
      return { text: JSON.stringify(keys, null, 2), json: keys }
    },
  )
}
