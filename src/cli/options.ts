import type { Argv } from 'yargs';
import { exitCodes, RunError } from '../model/errors.ts';
import type { Action } from '../model/plan.ts';
import { nearest } from './usage.ts';
import { matches, parseSelector, SelectorError } from '../model/selector.ts';

/** Options that every command about a fleet takes. */
export interface FleetOptions {
  readonly file?: string | undefined;
  readonly var?: readonly string[] | undefined;
  readonly color: boolean;
}

/** Which part of the fleet, and how fast. */
export interface TargetOptions extends FleetOptions {
  readonly selector?: string | undefined;
  readonly hub?: readonly string[] | undefined;
  readonly member?: readonly string[] | undefined;
  readonly concurrency: number;
  readonly output: 'text' | 'json';
  readonly all: boolean;
  readonly verbose: boolean;
  readonly timeout?: number | undefined;
}

/** `apply` and `unjoin`. */
export interface ChangeOptions extends TargetOptions {
  readonly hubConcurrency: number;
  readonly quiet: boolean;
  readonly yes: boolean;
  readonly allowRemovals: number;
  readonly waitTimeout: number;
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/**
 * @param option for the message
 * @returns a function from a text as in `90s`, `10m`, `1h30m`, `250ms` to milliseconds, which throws RunError exit 3
 */
export const duration =
  (option: string) =>
  (given: string | readonly string[]): number => {
    if (typeof given !== 'string')
      throw new RunError(exitCodes.usage, `--${option} is given ${given.length} times`, 'give it once');
    const text = given;
    const parts = [...text.matchAll(/(\d+)(ms|s|m|h)/g)];
    if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) {
      throw new RunError(exitCodes.usage, `--${option} ${text} is no duration as in 90s, 10m or 1h30m`);
    }
    const milliseconds = parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (units[unit ?? ''] ?? 0), 0);
    // What timers can count; beyond it they fire at once.
    if (milliseconds > 2 ** 31 - 1) throw new RunError(exitCodes.usage, `--${option} ${text} is longer than 596h`);
    return milliseconds;
  };

const list = (values: readonly (string | number)[]): string[] =>
  values.flatMap((value) => String(value).split(',')).filter((value) => value !== '');

export const fleetOptions = <T>(yargs: Argv<T>) =>
  yargs
    .option('file', {
      alias: 'f',
      type: 'string',
      describe: 'fleet file; default fleet.yaml, fleet.yml or fleet.json here, - for standard input',
      requiresArg: true,
    })
    .option('var', {
      type: 'string',
      array: true,
      describe: 'NAME=value for ${NAME} in paths and addresses; also ROLLCALL_VAR_NAME',
      requiresArg: true,
      nargs: 1,
    })
    .option('color', {
      type: 'boolean',
      default: true,
      describe: 'colours on a terminal; --no-color or NO_COLOR turns them off',
    });

/** What every command that looks at clusters takes. */
export const lookOptions = <T>(yargs: Argv<T>) =>
  fleetOptions(yargs)
    .option('hub', {
      type: 'string',
      array: true,
      coerce: list,
      describe: 'only these hubs',
      requiresArg: true,
      nargs: 1,
    })
    .option('concurrency', { type: 'number', default: 64, describe: 'members at once, fleet-wide', requiresArg: true })
    .option('output', {
      alias: 'o',
      choices: ['text', 'json'] as const,
      default: 'text' as const,
      describe: 'what is written to standard output',
      requiresArg: true,
    })
    .option('all', { type: 'boolean', default: false, describe: 'also show what is in sync, and fold nothing' })
    .option('verbose', {
      alias: 'v',
      type: 'boolean',
      default: false,
      describe: 'every step while it is carried out; requests and connections per cluster, on standard error',
    })
    .option('timeout', {
      type: 'string',
      coerce: duration('timeout'),
      describe: 'for the whole run, as in 30m; what is not started by then is left',
      requiresArg: true,
    });

/** Commands that choose members by label or name. */
export const targetOptions = <T>(yargs: Argv<T>) =>
  lookOptions(yargs)
    .option('selector', {
      alias: 'l',
      type: 'string',
      describe: 'label selector on labels and name: a=b,c!=d,e in (f,g),name notin (x)',
      requiresArg: true,
    })
    .option('member', {
      type: 'string',
      array: true,
      coerce: list,
      describe: 'only these members',
      requiresArg: true,
      nargs: 1,
    });

/** Commands that change something, beside what they look at. */
export const changeOptions = <T>(yargs: Argv<T>) =>
  yargs
    .option('hub-concurrency', {
      type: 'number',
      default: 32,
      describe: 'registrations changed at once per hub',
      requiresArg: true,
    })
    .option('quiet', { type: 'boolean', default: false, describe: 'no progress' })
    .option('yes', { alias: 'y', type: 'boolean', default: false, describe: 'do not ask' })
    .option('allow-removals', {
      type: 'number',
      default: 0,
      describe: 'removals need this to be exactly the planned number',
      requiresArg: true,
    })
    .option('wait-timeout', {
      type: 'string',
      default: '5m',
      coerce: duration('wait-timeout'),
      describe: 'for one registration to get through',
      requiresArg: true,
    });

/** @throws RunError exit 3 for a number that is no whole number of at least `least` */
export function checkNumbers(numbers: Readonly<Record<string, number>>, least = 1): void {
  for (const [name, value] of Object.entries(numbers)) {
    if (!Number.isInteger(value) || value < least) {
      throw new RunError(exitCodes.usage, `--${name} must be a whole number of at least ${least}`);
    }
  }
}

/** @throws RunError exit 3 when it is not NAME=value */
export function variables(given: readonly string[] | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(
    (given ?? []).map((text) => {
      const at = text.indexOf('=');
      if (at < 1) throw new RunError(exitCodes.usage, `--var ${text} is not NAME=value`);
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

const actions = ['join', 'repair', 'adopt', 'unjoin'] as const satisfies readonly Action[];

/** @throws RunError exit 3 for what is no action */
export const actionsOf = (given: readonly string[]): readonly Action[] =>
  list(given).map((text) => {
    const action = actions.find((one) => one === text);
    if (action !== undefined) return action;
    const meant = nearest(text, actions);
    const next = meant === undefined ? undefined : `did you mean ${meant}?`;
    throw new RunError(exitCodes.usage, `--only ${text} is none of ${actions.join(', ')}`, next);
  });

/** @throws RunError exit 3 for a selector that cannot be parsed */
export function selection(options: Pick<TargetOptions, 'selector' | 'member'>): {
  selects: (member: { name: string; labels: Readonly<Record<string, string>> }) => boolean;
  targeted: boolean;
} {
  const { selector, member } = options;
  try {
    const parsed = selector === undefined ? undefined : parseSelector(selector);
    return {
      targeted: parsed !== undefined || member !== undefined,
      selects: (item) =>
        (parsed === undefined || matches(parsed, item)) && (member === undefined || member.includes(item.name)),
    };
  } catch (error) {
    if (error instanceof SelectorError) throw new RunError(exitCodes.usage, `--selector: ${error.message}`);
    throw error;
  }
}
