import { defineConfig } from 'vitest/config'

export default defineConfig({
  // Our own packages resolve to their sources, so no test ever runs against a stale build.
  ssr: { resolve: { conditions: ['source'], externalConditions: ['source'] } },
  test: {
    include: ['sdk/**/*.test.ts', 'services/**/*.test.ts', 'deploy/**/*.test.ts', 'e2e/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    pool: 'forks',
    maxWorkers: 2,
    execArgv: ['--disable-warning=ExperimentalWarning', '--conditions=source'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})
