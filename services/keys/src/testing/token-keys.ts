import type { Handle, Template } from 'pkcs11js'
import type { TokenConsole } from './softhsm.ts'

/** Attributes by the names of PKCS#11, over those of an honest root key. */
export type KeyChanges = Readonly<Record<string, unknown>>

/** The template of an honest root key with the label `root`, with changes. */
export function keyTemplate({ binding }: TokenConsole, changes: KeyChanges): Template {
  const made = {
    CKA_CLASS: binding.CKO_SECRET_KEY,
    CKA_KEY_TYPE: binding.CKK_AES,
    CKA_VALUE_LEN: 32,
    CKA_LABEL: 'root',
    CKA_TOKEN: true,
    CKA_PRIVATE: true,
    CKA_SENSITIVE: true,
    CKA_EXTRACTABLE: false,
    CKA_WRAP: true,
    CKA_UNWRAP: true,
    ...changes,
  }
  return Object.entries(made).map(([name, value]) => ({ type: Reflect.get(binding, name) as number, value }))
}

/** Makes a key as somebody at the token could, who means well or not. */
export function generateKey(console: TokenConsole, changes: KeyChanges): Handle {
  const { binding, cryptoki, session } = console
  return cryptoki.C_GenerateKey(session, { mechanism: binding.CKM_AES_KEY_GEN }, keyTemplate(console, changes))
}

/** Every secret key that the session can see, in the token and beside it. */
export function secretKeys({ binding, cryptoki, session }: TokenConsole): readonly Handle[] {
  cryptoki.C_FindObjectsInit(session, [{ type: binding.CKA_CLASS, value: binding.CKO_SECRET_KEY }])
  const found = cryptoki.C_FindObjects(session, 100)
  cryptoki.C_FindObjectsFinal(session)
  return found
}

/** Their labels. */
export function secretKeyLabels(console: TokenConsole): readonly string[] {
  const { binding, cryptoki, session } = console
  return secretKeys(console).map((key) => {
    const [label] = cryptoki.C_GetAttributeValue(session, key, [{ type: binding.CKA_LABEL }])
    return `${label?.value}`
  })
}
