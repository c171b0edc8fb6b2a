// The data path alone, from keys and ciphertext to a sealed result, without the services around it: what a benchmark measures.
export type { ChildLimits, Confinement } from './child/confinement.ts'
export { probeConfinement } from './child/probe.ts'
export type { Question } from './child/spawn.ts'
export { keepWorkplaces, type Workplace } from './child/workplaces.ts'
export type { OpenCiphertext } from './datasets/ciphertext-source.ts'
export { type SealedSlot, type UnsealOptions, unsealSlots } from './datasets/unseal-slots.ts'
export { sealResult } from './run/seal-result.ts'
export { openScratch, type Scratch } from './scratch.ts'
