import { defineConfig } from '@playwright/test';

// One worker: the machine's two cores are shared by the server and several browsers that encode video.
export default defineConfig({
  testDir: '.',
  timeout: 90_000,
  expect: { timeout: 20_000 },
  workers: 1,
  retries: 0,
  outputDir: '../test-results',
  globalSetup: './media.ts',
  reporter: [['list'], ['json', { outputFile: '../test-results/report.json' }]],
});
