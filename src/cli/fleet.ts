import { loadFleet } from '../config/fleet.ts';
import { exitCodes, RunError } from '../model/errors.ts';
import type { Fleet } from '../model/fleet.ts';
import { problemsText } from '../report/problems.ts';
import type { Io } from './io.ts';
import { type FleetOptions, selection, type TargetOptions, variables } from './options.ts';
import { styleOf } from './style.ts';
import { nearest } from './usage.ts';

/** Reads the fleet file that the options name. */
export const load = (options: FleetOptions, io: Io) =>
  loadFleet({
    file: options.file,
    cwd: io.cwd,
    vars: variables(options.var),
    env: io.env,
    stdin: async () => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of io.stdin) chunks.push(Buffer.from(chunk));
      return Buffer.concat(chunks);
    },
  });

/**
 * @returns the fleet, its warnings already printed
 * @throws RunError exit 3, every problem of the file already printed
 */
export async function loadOrRefuse(options: FleetOptions, io: Io): Promise<Fleet> {
  const loaded = await load(options, io);
  const style = styleOf(io.stderr, options, io);
  if ('problems' in loaded) {
    io.stderr.write(problemsText(loaded.problems, style));
    const { length } = loaded.problems;
    throw new RunError(
      exitCodes.usage,
      `the fleet file has ${length} problem${length === 1 ? '' : 's'}; no cluster was contacted`,
    );
  }
  if (loaded.warnings.length > 0) io.stderr.write(problemsText(loaded.warnings, style));
  return loaded.fleet;
}

/**
 * @param recorded names may also be those of members that left the file but are recorded on a hub
 * @throws RunError exit 3 for a hub or member that is not in the file, or when nothing is selected
 */
export function checkTarget(
  fleet: Fleet,
  options: Partial<Pick<TargetOptions, 'hub' | 'member' | 'selector'>>,
  recorded: boolean,
): void {
  checkNames(
    'hub',
    options.hub,
    fleet.hubs.map(({ name }) => name),
  );
  if (recorded) return;
  checkNames(
    'member',
    options.member,
    fleet.members.map(({ name }) => name),
  );
  const { selects } = selection(options);
  const some = fleet.registrations.some(
    ({ member, hub }) => selects(member) && (options.hub?.includes(hub.name) ?? true),
  );
  if (!some && (options.hub ?? options.member ?? options.selector) !== undefined) {
    throw new RunError(exitCodes.usage, 'nothing is selected', 'check --hub, --member and --selector against the file');
  }
}

function checkNames(what: string, given: readonly string[] | undefined, known: readonly string[]): void {
  for (const name of given ?? []) {
    if (known.includes(name)) continue;
    const near = nearest(name, known);
    const next = near === undefined ? `rollcall validate --effective lists every ${what}` : `did you mean ${near}?`;
    throw new RunError(exitCodes.usage, `--${what} ${name} is not in the fleet file`, next);
  }
}
