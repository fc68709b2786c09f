import { statusOf } from '../reconcile/status.ts';
import { statusJson } from '../report/plan-json.ts';
import { statusText } from '../report/status-table.ts';
import { usageText } from '../report/usage-lines.ts';
import { deadline } from './deadline.ts';
import { exitOfPlan } from './exit.ts';
import { checkTarget, loadOrRefuse } from './fleet.ts';
import type { Io } from './io.ts';
import type { TargetOptions } from './options.ts';
import { styleOf } from './style.ts';
import { house, look } from './wiring.ts';

/** `rollcall status`: how every registration stands. Reads only. @returns the exit code, 0 only when all is as declared */
export async function status(options: TargetOptions, io: Io): Promise<number> {
  const fleet = await loadOrRefuse(options, io);
  checkTarget(fleet, options, false);
  const rooms = house(io);
  const limit = deadline(options.timeout, io.interrupt.signal);
  const found = await limit
    .within(look(fleet, options, { prune: false, forget: [], rebuilt: [], readOnly: true }, rooms))
    .finally(() => limit.clear());
  await found.close();
  const standing = statusOf(found);
  io.stdout.write(
    options.output === 'json'
      ? statusJson(standing)
      : statusText(standing, styleOf(io.stdout, options, io), options.all),
  );
  if (options.verbose) io.stderr.write(usageText(rooms.usage(), styleOf(io.stderr, options, io)));
  return exitOfPlan(found.plan, true);
}
