import { defineConfig } from 'vitest/config';

/** Suites that start real control planes; each says for itself what happens where their programs are missing. */
const real = [
  'test/**/real*.test.ts',
  'test/conformance/{builtins,kubectl,ownership}*.test.ts',
  'test/control-plane/**/*.test.ts',
  'test/e2e/**/*.test.ts',
];

export default defineConfig({
  test: {
    // The closing summary is the last thing that is printed, wherever this runs.
    reporters: ['default'],
    // One process per file, one core left for the servers that they talk to (vitest's own default).
    pool: 'forks',
    teardownTimeout: 30_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'fast',
          include: ['test/**/*.test.ts'],
          exclude: real,
          testTimeout: 20_000,
          hookTimeout: 20_000,
          // A group of its own even with one worker: it goes first.
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'real',
          include: real,
          // Control planes that start side by side make each other late, and so do the fast suites.
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
