export const snpProducts = ['Milan', 'Genoa', 'Turin'] as const
export type SnpProduct = (typeof snpProducts)[number]

/** AMD's root keys (ARK) by the SHA-256 of their DER, as published under kdsintf.amd.com/vcek/v1/<product>/cert_chain. */
export const amdRoots = {
  Milan: '69d063b45344d26a2e94e1f4210de49ef555308287d4c174445c95639a540bcd',
  Genoa: '4c6598d19c18719c5dfd4a7d335f674e5bfe1d8f800cea2cf270c10d103db2f1',
  Turin: '1f084161a44bb6d93778a904877d4819cafa5d05ef4193b2ded9dd9c73dd3f6a',
} as const satisfies Record<SnpProduct, string>

export function isAmdRoot(product: SnpProduct, sha256: string): boolean {
  return amdRoots[product] === sha256
}
