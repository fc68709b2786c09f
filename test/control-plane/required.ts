import { describe, test } from 'vitest';
import { available } from './assets.ts';

/**
 * Declares a suite that needs real control planes. Where their programs are missing it is skipped, with one line that says
 * how to get them; with CI=true that is a failure.
 */
export function onRealControlPlanes(name: string, suite: (use: { assets: string; test: typeof test }) => void): void {
  const found = available();
  if ('assets' in found) {
    describe(name, () => suite({ assets: found.assets, test }));
  } else if (process.env['CI'] === 'true') {
    test(name, () => {
      throw new Error(found.missing);
    });
  } else {
    process.stderr.write(`skipped: ${name}; ${found.missing}\n`);
    test.skip(name, () => {});
  }
}
