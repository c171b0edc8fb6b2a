import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// `--mode long` (npm run test:long) runs the tests that take minutes, and only those.
export default defineConfig(({ mode }) => {
  const kind = mode === 'long' ? 'long.test.ts' : 'test.ts'
  return {
    // Our own packages resolve to their sources, so no test ever runs against a stale build.
    ssr: { resolve: { conditions: ['source'], externalConditions: ['source'] } },
    test: {
      include: ['sdk', 'services', 'deploy', 'e2e'].map((folder) => `${folder}/**/*.${kind}`),
      exclude: ['**/node_modules/**', '**/dist/**', ...(mode === 'long' ? [] : ['**/*.long.test.ts'])],
      pool: 'forks',
      // One more than the cores of a small machine: tests with processes wait for them half of their time.
      maxWorkers: 3,
      execArgv: ['--disable-warning=ExperimentalWarning', '--conditions=source'],
      // Many tests start processes of the same code; it is compiled once.
      env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('.local/compiled', import.meta.url)) },
      testTimeout: 60_000,
      hookTimeout: 120_000,
    },
  }
})
