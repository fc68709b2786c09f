import { exitCodes, RunError } from '../model/errors.ts';
import packageJson from '../../package.json' with { type: 'json' };

/** @throws RunError exit 3 when this Node is older than package.json asks for */
export function checkNode(running: string): void {
  const least = packageJson.engines.node.replace('>=', '');
  const [major = 0, minor = 0] = running.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = least.split('.').map(Number);
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return;
  throw new RunError(
    exitCodes.usage,
    `rollcall needs Node ${least} or newer; this is ${running}`,
    'install a newer Node',
  );
}
