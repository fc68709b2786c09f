import { loadFleet } from '../../src/config/fleet.ts';
import type { Fleet } from '../../src/model/fleet.ts';
import type { Problem } from '../../src/model/problem.ts';

export interface Surroundings {
  readonly cwd?: string;
  readonly vars?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

/** Loads a fleet from text, as if it were piped in. */
export function loadText(
  text: string,
  { cwd = '/nowhere', vars = {}, env = {} }: Surroundings = {},
): ReturnType<typeof loadFleet> {
  return loadFleet({ file: '-', cwd, vars, env, stdin: () => Promise.resolve(new TextEncoder().encode(text)) });
}

export async function problemsOf(text: string, surroundings: Surroundings = {}): Promise<readonly Problem[]> {
  const loaded = await loadText(text, surroundings);
  return 'problems' in loaded ? loaded.problems : [];
}

/** The fleet; fails the test with the problems where there are any. */
export async function fleetOf(text: string, surroundings: Surroundings = {}): Promise<Fleet> {
  const loaded = await loadText(text, surroundings);
  if ('problems' in loaded) throw new Error(loaded.problems.map(inShort).join('\n'));
  return loaded.fleet;
}

/** `line:column rule path`, then what else it says. */
export const inShort = ({ line, column, rule, path }: Problem): string =>
  `${line}:${column} ${rule}${path === undefined ? '' : ` ${path}`}`;

/** Three lines that every fleet begins with; line 4 is the first of what follows. */
export const head = 'apiVersion: rollcall.dev/v1alpha1\nkind: Fleet\nname: acme\n';

/** A fleet with hub `prod` on line 4 and what follows from line 5 on. */
export const onProd = (rest: string): string => `${head}hubs: [{ name: prod, type: ocm }]\n${rest}`;
