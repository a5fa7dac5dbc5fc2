import { defineConfig } from 'vitest/config';

// Files run one after the other: each starts servers of its own, and the machine has two cores.
export default defineConfig({ test: { fileParallelism: false, testTimeout: 30_000, hookTimeout: 30_000 } });
