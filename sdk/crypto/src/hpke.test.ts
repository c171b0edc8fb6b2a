import { beforeAll, describe, expect, test } from 'vitest'
import { fromBase64url, toBase64url } from './base64url.ts'
import { utf8 } from './bytes.ts'
import { generateHpkeKeyPair, hpkeOpen, hpkeSeal, type SealedObject, sealedObjectSchema } from './hpke.ts'
import { defaultHpkeSuite, hpkeSizes, hpkeSuiteOf, hpkeSuites } from './hpke-suite.ts'
import { message } from './test-support/streams.ts'

const binding = { info: utf8('reinraum/import/v1'), aad: utf8('sha256:00') }
const secret = message(32, 5)
const refused = { name: 'ReinraumError', code: 'decryption-failed' }

let recipient: Awaited<ReturnType<typeof generateHpkeKeyPair>>
let other: Awaited<ReturnType<typeof generateHpkeKeyPair>>
let sealed: SealedObject

beforeAll(async () => {
  recipient = await generateHpkeKeyPair()
  other = await generateHpkeKeyPair()
  sealed = await hpkeSeal(recipient.publicKey, secret, binding)
})

const open = (object: SealedObject, under = binding) => hpkeOpen(recipient.privateKey, recipient.publicKey, object, under)

/** The text of the same bytes with one bit changed. */
function flipped(text: string, at: number): string {
  const bytes = fromBase64url(text)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  return toBase64url(bytes)
}

describe('a sealed object', () => {
  test('names its suite, has the sizes of X-Wing, and opens', async () => {
    expect([recipient.publicKey.length, recipient.privateKey.length]).toEqual([1216, 32])
    expect(sealedObjectSchema.parse(sealed)).toEqual(sealed)
    expect(sealed.suite).toBe('X-Wing/HKDF-SHA256/AES-256-GCM')
    expect(fromBase64url(sealed.enc)).toHaveLength(1120)
    expect(fromBase64url(sealed.ciphertext)).toHaveLength(secret.length + 16)
    expect(await open(sealed)).toEqual(secret)
  })

  test('is another each time, and empty secrets seal too', async () => {
    expect(await hpkeSeal(recipient.publicKey, secret, binding)).not.toEqual(sealed)
    expect(await open(await hpkeSeal(recipient.publicKey, new Uint8Array(0), binding))).toHaveLength(0)
  })

  test('opens for no one else', async () => {
    await expect(hpkeOpen(other.privateKey, other.publicKey, sealed, binding)).rejects.toMatchObject(refused)
    await expect(hpkeOpen(recipient.privateKey, other.publicKey, sealed, binding)).rejects.toMatchObject(refused)
    await expect(hpkeOpen(other.privateKey, recipient.publicKey, sealed, binding)).rejects.toMatchObject(refused)
  })

  test('opens for no other purpose', async () => {
    await expect(open(sealed, { ...binding, info: utf8('reinraum/import/v2') })).rejects.toMatchObject(refused)
    await expect(open(sealed, { ...binding, aad: utf8('sha256:01') })).rejects.toMatchObject(refused)
    await expect(open(sealed, { info: binding.aad, aad: binding.info })).rejects.toMatchObject(refused)
    await expect(open(sealed, { info: new Uint8Array(0), aad: new Uint8Array(0) })).rejects.toMatchObject(refused)
  })

  test('opens only as it was sealed', async () => {
    for (const at of [0, 500, 1087, 1088, 1119])
      await expect(open({ ...sealed, enc: flipped(sealed.enc, at) })).rejects.toMatchObject(refused)
    for (const at of [0, 31, 32, 47]) {
      await expect(open({ ...sealed, ciphertext: flipped(sealed.ciphertext, at) })).rejects.toMatchObject(refused)
    }
    const another = await hpkeSeal(recipient.publicKey, secret, binding)
    await expect(open({ ...sealed, enc: another.enc })).rejects.toMatchObject(refused)
    for (const text of ['', 'A', '!', sealed.enc.slice(4), `${sealed.enc}AAAA`]) {
      await expect(open({ ...sealed, enc: text })).rejects.toMatchObject(refused)
    }
    for (const text of ['', 'AAAA', '=', sealed.ciphertext.slice(0, -4), `${sealed.ciphertext}AAAA`]) {
      await expect(open({ ...sealed, ciphertext: text })).rejects.toMatchObject(refused)
    }
  })

  test('of another suite is refused by that name', async () => {
    for (const suite of ['X25519/HKDF-SHA256/AES-256-GCM', 'x-wing/hkdf-sha256/aes-256-gcm', '']) {
      const foreign = { ...sealed, suite } as unknown as SealedObject
      await expect(open(foreign)).rejects.toMatchObject({ code: 'suite-unsupported' })
      expect(sealedObjectSchema.safeParse(foreign).success).toBe(false)
    }
  })

  test('has no other fields, and no other alphabet or size', () => {
    for (const change of [
      { extra: 1 },
      { enc: sealed.enc.slice(1) },
      { enc: `${sealed.enc.slice(1)}+` },
      { ciphertext: '' },
      { ciphertext: 'A'.repeat(2_000_000) },
    ]) {
      expect(sealedObjectSchema.safeParse({ ...sealed, ...change }).success).toBe(false)
    }
  })
})

/**
 * Sealed once and kept: imported keys and results lie sealed for years, and must open whatever a dependency changes.
 * The key seals nothing else.
 */
const kept = {
  privateKey: 'fvWRpgrJjKmas3mEdvNOVlPh1OrYI5mc3SIntPvOVgs',
  publicKey: [
    'QoQNtXNJ6zA7V7tQpxCzcqAuQ2cpcnLGkuF-9oOyJ8qvZ6guFnQr_cvOT5QyUluoOyI8ZkpQfIWQjudIpYoGUzrHH5nOWhyTX4cVQTIKL0YUgf',
    'sy-cFQu_SMF0fMPvRMLYdTllia9Lg3s1xDj-aeVid-burDrztvEiQ4iqCDP9au9vl00WyeWUs3ejkpTdWFmaVMtgAQtGUDiDaLTeRrmxkWk3NL',
    'nhQ2DvKbG9ieZuATxpmTJMi4RQWQFXA5caIICot_ZxyQ0YtK6HG1FYOtJwFtMTKKU2uPJZFCydF0wVU6uJiZW-dEJOYCB3IvqlcueSrHxwM9k0',
    'O2yCh_FxgUDaYthSCwoVGz4et5PpiA8KWKVre-mwgIRCC5SBqNY_WeRrQSIfEhrHMy3ctt5cRyGEpuYAgAabAebLa8r2YqJDQFGFVrOmQDeDy2',
    'IlZQh_FcxFWmORtWToVo3MG8CrtkE7MxQ_BfiUFmM0sdjLWCXoeUl5oaNbCZuZqnNbGU5OK3HOA1kniCwpoP5AKhMyCIFsKEJFEdPcMjTJig0V',
    'Zq_fKB1_hHqPE6KTmzcimozGPGDuYuedG1s_Uv5MYg6YtVIzo-femXX0K0uTmE7kzGpHU-nfqDjEoxdBcmXsvIvCUzv8EeOOQXItcuzSwfpgDN',
    'hWOLlHd3MPsFcxo8BsmMqqmfMZm3GBSbxeTJs4RBb4kvYmRisSxC6GrEKjuL6OFAneGEssm7vwZpbKRdSsx2OLFPoJiexTqcvVWmdKY6SduFny',
    'K4pPGB5xlk6iq18WUECyxw2YIyrEkGn8BQ4uMDD3E5NdyeN8q9ejW3_Ty5ywLJoCEQh6UOgWmdJJerk9VQqSILIstCyOMGewG8uvRZgzNgzOiy',
    'KWlSC2cY8OR5pzB0QLVAM2TMLFp1KOMlihNxfSaCfQu05wWI_LlujshxjGgryXZTXCcVrTGngsSPZnwRa4PHPXR-s_uR00yvFGG5blRuyTGBKe',
    'mx1bKhVOEU16Nmv8QxrTCiZDRTh8N5kgC050nC6gZMvrOXnsYWkKJOsFwF-cO1THs-1JOtr9NXu8k7o1iRLoWpoBYYtCI5yCE9T7art4QEq9Jn',
    'XrZqJZRWQTg758hH6_SFELilTBXC-jHCncsxVCQZZVQVjDAmSMSmHjNjxypNFZUYXPNo_lutGReKcZBH0llN_wkyOFOG-8hnVqdEPhwpw6Wley',
    'M6dIpRpbulz6cSDVizLEfPu0NP1dCPUEI2uVwU2czOvyYJsLtQ-JQR8KOLSHqpBwxfoGonvzR_u8QUEtOxgeYucryszOTFpOG5a0VhHmdtZcIZ',
    'rLCDo_I4m6EBNVIOG1wRNiK11PuIUTN_j0M3_7WNltOmwXIpFslWvVBJZ_GWEbNF-RcDJMRC19Sx49h4TlVo3tmVQ5KHeeHE6rNLcsCq8lNuIa',
    'YYo_Y6SFNqp1YkfjUH6NCne7nIGbx6iAeET9l4XtKguMdmAtYa5wcRpXkN-ODLV5VGg9wDV9wQQvBeYiuFKrlOJbgJc7MfkyoFcfaW2zIbyB-F',
    'pP9QVpKKq72P4w9GPEoTg_5FWZsyAlxlGoiqHzuqDKqTfYadvLA7_wDJ2B-H5Fv-5dUnGuNhqg40rgceQQ',
  ].join(''),
  enc: [
    'nwfPKpKJiMdau6tSrSxDuypsr-1LCo9na2_GzOEFBIJIuK1aIybIXcDxkExhZ0js_L3PTYbQKGnBwKIAvao0JLVqs1kU0QLcWkHbmYaH_RsLd0',
    'PQEObO60BAD6IOo2dTefMFdHQZEPk2ELixGLZ_iJOc6-bkNUgBJWSsGI1PXTupWrKlJQCeVpKXPzfQHRpxfpp71fnvUXr_J6rQFSP-vc5YIwRG',
    'Xq7fJrAWi-bYRtx9apvUQZBDlj84cwHAGRGRTnTsdWLufko7BsRgt9Sy9GqdZiY7uwoIniv_1umVtf9amwb3w3rpucQbKfrk4li5zUsBmqTQ3N',
    'XaWrB4_xk4GdlB5AGUxiyY0dBTSAy-mOOv3rRYOE7wOJTZa6cfmWnBtq_bvEMevmNG4_QpDK8oYJ_D7-YdBjIB5p-Ju7efa6HH-vnG8xhzRPNk',
    'zj-oPnro6ItcgvrrUW0dYIJBuyfhqfm1orODLxLjwZcl4XUhOSM2lAg55_NXFL3qKnG2Q6D4Zq2USCuRvK8k_hjzH9e3rOwHy1VrtPeGVE4rR1',
    'Q8XXLGiF0PkNNR8ZG-GMwXJap0uz4I47QgbVZWCK47gAeYv9tjev4x0ZV1xtXgQMOaMVZiYiRcH47q-wUd_2JhY8jMxPmIbgbooYRhIqT3M8JH',
    'sGkYlHXTsh9xK6khHsSHP1grU6A7pY6gOztz6MS0s-ViwAdjpXT30bODaXL1ryDnRy94hgRoLv_5Umrkt8bWanA30o97MCjVKkA29dgi6EGz-C',
    'bE7yyCVX-YxFePXtBXqHJtlrONiShKlHl66fU-LjGAOsb_3Wt0U3CgFBaXipuUX0n7YkuWTBMqdVgw6uG3TcFxunfhzysQrsevllJGPLRIy04f',
    'g65F2nX3-n2-LivVDdzBQ3xWhllvTqrha9gwCCIK0CEEvvVeN32DRQYh-DYlSMj6EGUfvbeL5H722Qrd0hWSHY-R6sv1zNu_OhO32FqOtmBRIa',
    'I6xAYJrtYuJBEIRohqem_LhPw1AM-Y9QOSeJeBwuSk2uSRQZPiIYeLDv-CX31_SFH9_p8Cwz5qI1yzMjCIvbDsIb3Xkq2K6WA59xnpEyCgbZBr',
    '0u8YIvQboDlKBM102nC6nxohWYnXT10kYELpKg50M9KsvUXZkGqdoNix73itjJ-XmS8swfIY72NaN3U3tIMj4MT8o-cv_PS9CN-P5QSoXB9v34',
    'jZ_9TiZ_TMbElTLT38AQ4uPZSnZg3MGXlH7PtTtkxWgioYrsVEt3awyg5WDqQiUukS1pO-e-pbRrXBuN6T4jj0GyCsadjnhcheGaP0CKIZVkfF',
    'bzKU2O8SOAK8kOkRWjpCJym0GwcQyyH3-RMLp3H0WEssoZAz5R5Zo59_SXY0N2x1pRh5eoE7EAICXROPZ1D7z8BO_0vxW3QGFPR6szkQ2dc-yE',
    'cRRT2e2mhVe-wrF8UkriJLOsMKnrHwIkOPnEzuJvoAD2unKVf9b-GflPWr3XXvaw',
  ].join(''),
  ciphertext: '_UWogBH1H3E0QYIPHG5CHWv6Ks3kg4BnN-C13KVCzUOujQ',
}

test('what was sealed by an earlier version opens', async () => {
  const [privateKey, publicKey] = [fromBase64url(kept.privateKey), fromBase64url(kept.publicKey)]
  const object = { suite: defaultHpkeSuite, enc: kept.enc, ciphertext: kept.ciphertext } as const
  const opened = await hpkeOpen(privateKey, publicKey, object, { info: utf8('info'), aad: utf8('aad') })
  expect(opened).toEqual(utf8('a key of last year'))
})

test('bytes that are no key of the suite are refused as such', async () => {
  const wrong = { name: 'ReinraumError', code: 'invalid-argument' }
  const keys = [new Uint8Array(0), new Uint8Array(1215), new Uint8Array(1217), new Uint8Array(1216).fill(0xff)]
  for (const key of keys) {
    await expect(hpkeSeal(key, secret, binding)).rejects.toMatchObject(wrong)
  }
  await expect(hpkeOpen(new Uint8Array(31), recipient.publicKey, sealed, binding)).rejects.toMatchObject(wrong)
  await expect(hpkeOpen(recipient.privateKey, new Uint8Array(31), sealed, binding)).rejects.toMatchObject(wrong)
})

test('no error carries the secret or a key', async () => {
  const error = await open({ ...sealed, ciphertext: 'AAAA' }).catch((caught: unknown) => caught)
  const text = `${error} ${JSON.stringify(error)}`
  for (const hidden of [secret, recipient.privateKey]) expect(text).not.toContain(toBase64url(hidden))
})

test('the suite is the one that keys in identities name', () => {
  expect(defaultHpkeSuite).toBe('X-Wing/HKDF-SHA256/AES-256-GCM')
})

describe('the suite of category 5', () => {
  const suite = 'MLKEM1024-P384/HKDF-SHA384/AES-256-GCM'
  let strong: typeof recipient
  let object: SealedObject

  beforeAll(async () => {
    strong = await generateHpkeKeyPair(suite)
    object = await hpkeSeal(strong.publicKey, secret, binding)
  })

  test('is named by what is sealed with it, has the sizes of ML-KEM-1024 with P-384, and opens', async () => {
    // FIPS 203 table 3 (1568 and 1568 bytes), and an uncompressed point of P-384 (97 bytes).
    expect(hpkeSizes[suite]).toEqual({ publicKey: 1568 + 97, enc: 1568 + 97 })
    expect([strong.publicKey.length, strong.privateKey.length]).toEqual([1665, 32])
    expect(object.suite).toBe(suite)
    expect(fromBase64url(object.enc)).toHaveLength(1665)
    expect(fromBase64url(object.ciphertext)).toHaveLength(secret.length + 16)
    expect(sealedObjectSchema.parse(object)).toEqual(object)
    expect(await hpkeOpen(strong.privateKey, strong.publicKey, object, binding)).toEqual(secret)
  })

  test('opens for no one else, for no other purpose, and only as it was sealed', async () => {
    const another = await generateHpkeKeyPair(suite)
    const refusals = [
      hpkeOpen(another.privateKey, another.publicKey, object, binding),
      hpkeOpen(strong.privateKey, another.publicKey, object, binding),
      hpkeOpen(strong.privateKey, strong.publicKey, object, { ...binding, info: utf8('reinraum/import/v2') }),
      hpkeOpen(strong.privateKey, strong.publicKey, object, { ...binding, aad: utf8('sha256:01') }),
      hpkeOpen(strong.privateKey, strong.publicKey, { ...object, ciphertext: flipped(object.ciphertext, 47) }, binding),
      // The first and the last byte of either half: ML-KEM's ciphertext, then the point.
      ...[0, 1567, 1568, 1664].map((at) =>
        hpkeOpen(strong.privateKey, strong.publicKey, { ...object, enc: flipped(object.enc, at) }, binding),
      ),
    ]
    for (const refusal of await Promise.allSettled(refusals)) {
      expect(refusal).toMatchObject({ status: 'rejected', reason: refused })
    }
  })

  test('is not taken for the other one, whichever way round', async () => {
    const unsupported = { name: 'ReinraumError', code: 'suite-unsupported' }
    await expect(open(object)).rejects.toMatchObject(unsupported)
    await expect(hpkeOpen(strong.privateKey, strong.publicKey, sealed, binding)).rejects.toMatchObject(unsupported)
    for (const [renamed, pair] of [
      [{ ...object, suite: defaultHpkeSuite }, recipient],
      [{ ...sealed, suite }, strong],
    ] as const) {
      expect(sealedObjectSchema.safeParse(renamed).success).toBe(false)
      await expect(hpkeOpen(pair.privateKey, pair.publicKey, renamed, binding)).rejects.toMatchObject(refused)
    }
  })

  test('tells its keys by their length, and there is no third', () => {
    for (const known of hpkeSuites) expect(hpkeSuiteOf(new Uint8Array(hpkeSizes[known].publicKey))).toBe(known)
    expect(new Set(hpkeSuites.map((known) => hpkeSizes[known].publicKey))).toHaveLength(hpkeSuites.length)
    for (const length of [0, 32, 1184, 1215, 1217, 1568, 1664, 1666]) {
      expect(() => hpkeSuiteOf(new Uint8Array(length))).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
    }
  })

  test('seals to no point that is off the curve', async () => {
    const offCurve = Uint8Array.from(strong.publicKey)
    offCurve[1664] = (offCurve[1664] ?? 0) ^ 1
    await expect(hpkeSeal(offCurve, secret, binding)).rejects.toMatchObject({ code: 'invalid-argument' })
  })
})
