import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createAuthority, type Authority as Issuer, namesOfLocalService, restoreAuthority } from '@reinraum/pki'
import { writePrivateFile, writePublicFile } from './private-file.ts'

/** Paths of PEM files. */
export interface TlsFiles {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

export interface Authority {
  /** PEM */
  readonly ca: string
  readonly caFile: string
  /**
   * A fresh key and certificate for `spiffe://reinraum/<id>` on this machine, good for seven days, for both ends of a
   * connection. `name` is the name of the files.
   */
  issue(id: string, name?: string): Promise<TlsFiles>
}

/** The certificate authority of one room. Kept in its folder, so that whoever holds the room file can go on trusting it. */
export async function openAuthority(folder: string): Promise<Authority> {
  const caFile = join(folder, 'ca.pem')
  const keyFile = join(folder, 'ca.key')
  const issuer = (await readIssuer(caFile, keyFile)) ?? (await keepIssuer(createAuthority(), caFile, keyFile))
  return {
    ca: issuer.ca.toString(),
    caFile,
    async issue(id, name = id.replaceAll('/', '-')) {
      const files = { ca: caFile, cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) }
      const { cert, key } = issuer.issue(...namesOfLocalService(id))
      await writePrivateFile(files.key, key)
      await writePublicFile(files.cert, cert)
      return files
    },
  }
}

async function keepIssuer(issuer: Issuer, caFile: string, keyFile: string): Promise<Issuer> {
  await writePrivateFile(keyFile, issuer.key)
  await writePublicFile(caFile, issuer.ca)
  return issuer
}

async function readIssuer(caFile: string, keyFile: string): Promise<Issuer | undefined> {
  const [ca, key] = await Promise.all([caFile, keyFile].map((file) => readFile(file).catch(() => undefined)))
  return ca === undefined || key === undefined ? undefined : restoreAuthority({ ca, key })
}
