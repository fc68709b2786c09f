import { planJson } from '../report/plan-json.ts';
import { planText } from '../report/plan-text.ts';
import { usageText } from '../report/usage-lines.ts';
import { deadline } from './deadline.ts';
import { exitOfPlan } from './exit.ts';
import { checkTarget, loadOrRefuse } from './fleet.ts';
import type { Io } from './io.ts';
import type { TargetOptions } from './options.ts';
import { styleOf } from './style.ts';
import { version } from './version.ts';
import { house, look } from './wiring.ts';

/** `rollcall plan`: what would change. Reads only. @returns the exit code */
export async function plan(
  options: TargetOptions & { readonly detailedExitcode: boolean; readonly prune: boolean },
  io: Io,
): Promise<number> {
  const fleet = await loadOrRefuse(options, io);
  checkTarget(fleet, options, options.prune);
  const rooms = house(io);
  const limit = deadline(options.timeout, io.interrupt.signal);
  const found = await limit
    .within(look(fleet, options, { prune: options.prune, forget: [], rebuilt: [], readOnly: true }, rooms))
    .finally(() => limit.clear());
  await found.close();
  const style = styleOf(io.stdout, options, io);
  io.stdout.write(
    options.output === 'json' ? planJson(found.plan) : planText(found.plan, { style, version, all: options.all }),
  );
  if (options.verbose) io.stderr.write(usageText(rooms.usage(), styleOf(io.stderr, options, io)));
  return exitOfPlan(found.plan, options.detailedExitcode);
}
