import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['shared/**/*.test.{ts,tsx}', 'office/**/*.test.{ts,tsx}'],
    setupFiles: ['vitest.setup.ts'],
  },
});
