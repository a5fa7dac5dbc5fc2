import { defineConfig } from 'vitest/config';

// The browser tests of e2e/ are Playwright's.
export default defineConfig({ test: { include: ['src/**/*.test.ts'] } });
