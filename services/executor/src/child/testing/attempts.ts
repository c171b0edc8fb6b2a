/** What a hostile query process tries, each with what it is given to try it on. All of them succeed where nothing confines it. */
export const attempts = [
  'reads the users of the machine',
  "reads a package that is not the engine's",
  'reads the folder of another run',
  'lists the folder of its own run',
  'reads the environment of its parent',
  'sees other processes',
  'kills a process of its parent',
  'writes a file beside its result',
  'writes a file beside its datasets',
  'changes a dataset',
  'writes a file anywhere else',
  'connects to a port of this machine',
  'connects to a socket without a file',
  'starts another process',
] as const
export type Attempt = (typeof attempts)[number]

export interface Targets {
  readonly parent: number
  readonly victim: number
  readonly port: number
  readonly socket: string
  readonly elsewhere: string
  readonly otherRun: string
  readonly ownRun: string
  readonly ownData: string
  readonly dataset: string
}

/** Things that end it, or take what is there. */
export type Excess = 'memory' | 'shared memory' | 'disk' | 'time'

export type HostileJob =
  | { readonly targets: Targets }
  | { readonly excess: Excess; readonly result: string }
  /** long files, many empty ones or a folder in a folder, and then nothing for ever */
  | { readonly excess: 'long files' | 'many files' | 'folder'; readonly folder: string }
