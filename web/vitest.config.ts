import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['shared/**/*.test.{ts,tsx}', 'office/**/*.test.{ts,tsx}'],
    // Formats must not depend on where the tests run.
    env: { TZ: 'Europe/London' },
  },
});
