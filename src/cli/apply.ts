import { ClusterError, exitCodes, RunError } from '../model/errors.ts';
import type { Fleet } from '../model/fleet.ts';
import type { Action } from '../model/plan.ts';
import { type Lock, takeLock } from '../reconcile/lock.ts';
import { removalsOf, toExecute } from '../reconcile/plan.ts';
import { run } from '../reconcile/run.ts';
import type { Survey } from '../reconcile/survey.ts';
import { planLine } from '../report/plan-json.ts';
import { planText } from '../report/plan-text.ts';
import { progressFor } from '../report/progress.ts';
import { notPlannedOf, summaryJson, summaryText } from '../report/summary.ts';
import { usageText } from '../report/usage-lines.ts';
import { confirm, passYes } from './confirm.ts';
import { type Deadline, deadline } from './deadline.ts';
import { exitOfRun } from './exit.ts';
import { checkTarget, loadOrRefuse } from './fleet.ts';
import type { Io } from './io.ts';
import type { ChangeOptions } from './options.ts';
import { styleOf } from './style.ts';
import { version } from './version.ts';
import { type House, house, look, type Scope } from './wiring.ts';

export interface ApplyOptions extends ChangeOptions {
  readonly prune: boolean;
  readonly only?: readonly Action[] | undefined;
  readonly forget?: readonly string[] | undefined;
  readonly rebuilt?: readonly string[] | undefined;
}

/** `rollcall apply`: shows the plan, asks, carries it out. @returns the exit code */
export async function apply(options: ApplyOptions, io: Io): Promise<number> {
  const fleet = await loadOrRefuse(options, io);
  const { prune, only, forget = [], rebuilt = [] } = options;
  checkTarget(fleet, options, prune || forget.length > 0);
  checkForgotten(fleet, forget);
  const scope: Scope = { prune, forget, rebuilt, ...(only === undefined ? {} : { only }) };
  return change(fleet, options, scope, { name: 'apply', membersAsArguments: false, ...scope }, io);
}

/** How a run was asked for, for the line that says how to go on. */
interface Command {
  readonly name: string;
  readonly membersAsArguments: boolean;
  readonly only?: readonly Action[] | undefined;
  readonly prune?: boolean;
  readonly forget?: readonly string[];
  readonly rebuilt?: readonly string[];
}

/** Shared by `apply` and `unjoin`: plan, confirm, execute, report. */
export async function change(
  fleet: Fleet,
  options: ChangeOptions,
  scope: Scope,
  command: Command,
  io: Io,
): Promise<number> {
  const rooms = house(io);
  const limit = deadline(options.timeout, io.interrupt.signal);
  const found = await limit.within(look(fleet, options, scope, rooms));
  try {
    checkFound(found, scope, options);
    const json = options.output === 'json';
    const style = styleOf(io.stdout, options, io);
    io.stdout.write(json ? planLine(found.plan) : planText(found.plan, { style, version, all: options.all }));
    const planned = toExecute(found.plan);
    if (planned.length === 0) {
      const exitCode = exitOfRun(found.plan, [], undefined);
      const at = new Date().toISOString();
      if (json) io.stdout.write(summaryJson([], { startedAt: at, endedAt: at, exitCode, command: '' }));
      return exitCode;
    }
    checkRemovals(removalsOf(found.plan), options.allowRemovals);
    if (!options.yes && json) {
      throw new RunError(
        exitCodes.refused,
        'not confirmed: with -o json nobody is asked; nothing was changed',
        passYes,
      );
    }
    if (!options.yes) await confirm(`\nCarry out ${planned.length} change${planned.length === 1 ? '' : 's'}?`, io);
    return await carryOut(found, options, command, { ...rooms, limit }, io);
  } finally {
    limit.clear();
    await found.close();
    if (options.verbose) io.stderr.write(usageText(rooms.usage(), styleOf(io.stderr, options, io)));
  }
}

async function carryOut(
  found: Survey,
  options: ChangeOptions,
  command: Command,
  rooms: House & { readonly limit: Deadline },
  io: Io,
): Promise<number> {
  const ids = new Set(toExecute(found.plan).map(({ id }) => id));
  const drafts = found.drafts.filter(({ plan }) => ids.has(plan.id));
  const targets = new Set(drafts.map(({ plan }) => plan.hub));
  const json = options.output === 'json';
  const startedAt = new Date().toISOString();
  const release = io.interrupt.hold('interrupted: finishing the steps in flight; once more ends at once');
  const lock = await locked(
    new Map([...found.hubs].filter(([hub]) => targets.has(hub))),
    found.plan.fleet,
    rooms.holder,
  );
  const progress = progressFor({
    kind: options.quiet ? 'quiet' : json ? 'ndjson' : io.stdout.isTTY ? 'tty' : 'lines',
    steps: options.verbose,
    total: drafts.length,
    write: (text) => io.stdout.write(text),
    stream: io.stdout,
    color: styleOf(io.stdout, options, io).color,
  });
  try {
    const outcomes = await run({
      drafts,
      hubs: found.hubs,
      open: rooms.open,
      lock,
      context: { fleet: found.plan.fleet, version },
      clock: rooms.clock,
      signal: rooms.limit.signal,
      concurrency: options.concurrency,
      hubConcurrency: options.hubConcurrency,
      waitTimeoutMs: options.waitTimeout,
      onEvent: (event) => progress.event(event),
    });
    await progress.close();
    const exitCode = exitOfRun(found.plan, outcomes, io.interrupt.exitCode());
    const notPlanned = notPlannedOf(found.plan);
    const typed = [
      ...(options.file === undefined ? [] : ['-f', options.file]),
      ...(options.hub === undefined ? [] : ['--hub', options.hub.join(',')]),
      ...(command.only === undefined ? [] : ['--only', command.only.join(',')]),
      ...(command.prune === true ? ['--prune'] : []),
      ...(command.forget ?? []).flatMap((name) => ['--forget', name]),
      ...(command.rebuilt ?? []).flatMap((name) => ['--rebuilt', name]),
    ];
    const frame = {
      startedAt,
      endedAt: new Date().toISOString(),
      exitCode,
      command: ['rollcall', command.name, ...typed].join(' '),
      ...(notPlanned === undefined ? {} : { notPlanned }),
      ...(command.membersAsArguments ? { membersAsArguments: true as const } : {}),
    };
    io.stdout.write(
      json ? summaryJson(outcomes, frame) : summaryText(outcomes, frame, styleOf(io.stdout, options, io)),
    );
    return exitCode;
  } finally {
    await progress.close();
    await lock.release();
    release();
  }
}

/** Takes the lock. @throws RunError exit 4 when another run holds it, or when it cannot be taken */
async function locked(...[hubs, fleet, holder]: Parameters<typeof takeLock>): Promise<Lock> {
  try {
    return await takeLock(hubs, fleet, holder);
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    throw new RunError(exitCodes.refused, `the lock was not taken: ${error.message}; nothing was changed`, error.next);
  }
}

function checkRemovals(planned: number, allowed: number): void {
  if (planned === allowed) return;
  throw new RunError(
    exitCodes.refused,
    `${planned} removal${planned === 1 ? ' is' : 's are'} planned, --allow-removals is ${allowed}; nothing was changed`,
    planned === 0 ? 'leave --allow-removals out' : `if all of them are meant: --allow-removals ${planned}`,
  );
}

function checkForgotten(fleet: Fleet, names: readonly string[]): void {
  const declared = fleet.registrations.find(({ member, state }) => state === 'present' && names.includes(member.name));
  if (declared === undefined) return;
  throw new RunError(
    exitCodes.refused,
    `--forget ${declared.member.name}: the file still declares it, the next apply would join it again; nothing was changed`,
    'say state: absent in its registration, or take it out of the file',
  );
}

/** Names that were given for members of the past must have led to something. */
function checkFound({ plan }: Survey, scope: Scope, { member }: ChangeOptions): void {
  if (plan.hubs.some(({ observed }) => !observed)) return;
  for (const name of [...scope.forget, ...scope.rebuilt, ...(member ?? [])]) {
    if (plan.registrations.some((registration) => registration.member === name)) continue;
    throw new RunError(
      exitCodes.usage,
      `${name} is neither in the fleet file nor recorded on a hub; nothing was changed`,
    );
  }
}
