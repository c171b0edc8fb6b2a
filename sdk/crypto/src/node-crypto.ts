export type NodeCrypto = typeof import('node:crypto')

/**
 * `node:crypto` where the runtime has it. Asked for at run time and never imported, so that a browser bundle of this
 * package has nothing to resolve; there the @noble implementations take its place.
 */
export const nodeCrypto: NodeCrypto | undefined = globalThis.process?.getBuiltinModule?.('node:crypto')
