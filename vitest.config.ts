import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that kill processes or race them for minutes begin, so that nothing waits for one of them at the end. */
class LongFilesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => /\/(killed-|last-run|crash)[^/]*$/.test(moduleId)
    const sorted = await super.sort(files)
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}

// `--mode long` (npm run test:long) runs the tests that take minutes, and only those.
export default defineConfig(({ mode }) => {
  const kind = mode === 'long' ? 'long.test.ts' : 'test.ts'
  const testsIn = (...folders: string[]) => folders.map((folder) => `${folder}/**/*.${kind}`)
  // A PKCS#11 module is initialised once per process, and SoftHSM2 reads then where its tokens are.
  const oneToAProcess = [...testsIn('services/keys/src/root-key/pkcs11'), `services/keys/src/backup/restore-root-keys.${kind}`]
  // Files share the bundle of a process that many of them start.
  const runFolder = 'services/keys/src/testing/run-folder.ts'
  return {
    // Our own packages resolve to their sources, so no test ever runs against a stale build.
    ssr: { resolve: { conditions: ['source'], externalConditions: ['source'] } },
    test: {
      exclude: ['**/node_modules/**', '**/dist/**', ...(mode === 'long' ? [] : ['**/*.long.test.ts'])],
      pool: 'forks',
      maxWorkers: 2,
      sequence: { sequencer: LongFilesFirst },
      execArgv: ['--disable-warning=ExperimentalWarning', '--conditions=source'],
      // Many tests start processes of the same code; it is compiled once.
      env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('.local/compiled', import.meta.url)) },
      testTimeout: 60_000,
      hookTimeout: 120_000,
      // What is waited for comes; how soon is the machine's affair.
      expect: { poll: { timeout: 30_000 } },
      projects: [
        // Libraries and services keep no state that one file could leave to the next; loading them anew for each takes longer than
        // most tests.
        { extends: true, test: { name: 'sdk', include: testsIn('sdk'), isolate: false } },
        {
          extends: true,
          test: {
            name: 'services',
            include: testsIn('services'),
            exclude: oneToAProcess,
            isolate: false,
            globalSetup: runFolder,
          },
        },
        { extends: true, test: { name: 'isolated', include: [...oneToAProcess, ...testsIn('deploy')], globalSetup: runFolder } },
        // Files share a room: starting its processes takes longer than most tests in it.
        {
          extends: true,
          test: { name: 'e2e', include: testsIn('e2e'), isolate: false, globalSetup: 'e2e/harness/rooms-folder.ts' },
        },
      ],
    },
  }
})
