import yargs, { type Argv } from 'yargs';
import { exitCodes, RunError } from '../model/errors.ts';
import type { Io } from './io.ts';
import {
  actionsOf,
  changeOptions,
  checkNumbers,
  duration,
  fleetOptions,
  lookOptions,
  targetOptions,
} from './options.ts';
import { usageError } from './usage.ts';
import { version } from './version.ts';

/**
 * Runs one command line.
 * @param argv without node and the script
 * @returns the exit code
 * @throws RunError for what makes the run meaningless
 */
export async function program(argv: readonly string[], io: Io): Promise<number> {
  let code: number = exitCodes.ok;
  refuseNegated(argv);
  const parser = yargs([], io.cwd)
    .scriptName('rollcall')
    .usage('$0 <command>\n\nDeclarative registration of fleets of Kubernetes clusters with their hubs.')
    .version(version)
    .help()
    .alias('help', 'h')
    .strict()
    .demandCommand(1, 'name a command; rollcall --help lists them')
    .wrap(Math.min(io.stdout.columns || 100, 100))
    .exitProcess(false)
    .parserConfiguration({ 'greedy-arrays': false })
    .check((args) => refuseRepeated(args, (parser as WithOptions).getOptions().array))
    .fail((message, error) => {
      // What yargs finds wrong comes with an error of its own or without; a command's own error comes as it is.
      if (error !== undefined && error.name !== 'YError') throw error;
      if (argv.length === 0) throw new RunError(exitCodes.usage, message);
      throw usageError(message, argv, {
        commands: commandNames,
        options: Object.keys((parser as WithOptions).getOptions().key),
      });
    })
    .epilogue(
      'Exit codes: 0 done, 2 changes pending, 3 usage or file, 4 refused, 5 some not done, 6 a hub not observed, 130 interrupted',
    );
  commands(parser, io, (result) => {
    code = result;
  });
  await parser.parseAsync([...argv], {}, (_error, _args, output) => {
    if (output !== '') io.stdout.write(`${output}\n`);
  });
  return code;
}

/** Public in yargs, not in its types. */
type WithOptions = Argv & {
  getOptions(): { readonly key: Readonly<Record<string, unknown>>; readonly array: readonly string[] };
};

/** Only colours can be turned off: of any other option yargs would make `false`, also where it takes a name or a number. */
function refuseNegated(argv: readonly string[]): void {
  const negated = argv.find((word) => word.startsWith('--no-') && !/^--no-color(=|$)/.test(word));
  if (negated === undefined) return;
  const name = negated.replace(/^--no-|=.*$/g, '');
  throw usageError(`Unknown argument: ${name}`, argv, { commands: commandNames, options: [] });
}

/** An option that takes one value must not be given two: which of them was meant? */
function refuseRepeated(args: Readonly<Record<string, unknown>>, lists: readonly string[]): true {
  for (const [name, value] of Object.entries(args)) {
    const isWord = name === '_' || name === '$0' || name.length === 1 || /[A-Z]/.test(name);
    if (isWord || !Array.isArray(value) || lists.includes(name) || name === 'members') continue;
    throw new RunError(exitCodes.usage, `--${name} is given ${value.length} times`, 'give it once');
  }
  return true;
}

const commandNames = ['validate', 'plan', 'apply', 'status', 'unjoin', 'sandbox', 'schema'];

function commands(parser: Argv, io: Io, done: (code: number) => void): void {
  parser
    .command(
      'validate',
      'check the fleet file; no cluster is contacted',
      (args) =>
        fleetOptions(args)
          .option('output', {
            alias: 'o',
            choices: ['text', 'json'] as const,
            default: 'text' as const,
            describe: 'what is written to standard output',
          })
          .option('effective', {
            type: 'boolean',
            default: false,
            describe: 'print the resolved file, with where each value came from',
          })
          .example('$0 validate', 'every problem of ./fleet.yaml')
          .example('$0 validate --effective', 'what defaults and groups make of it'),
      async (args) => done(await (await import('./validate.ts')).validate(args, io)),
    )
    .command(
      'plan',
      'show what would change; reads only',
      (args) =>
        targetOptions(args)
          .option('detailed-exitcode', {
            type: 'boolean',
            default: false,
            describe: 'exit 2 when changes are pending, 5 when something is blocked, refused or unhealthy',
          })
          .option('prune', {
            type: 'boolean',
            default: false,
            describe: 'plan the removal of what is recorded but no longer in the file',
          })
          .example('$0 plan -l region=eu', 'only members with that label')
          .example('$0 plan -o json --detailed-exitcode', 'for a pipeline'),
      async (args) => {
        checkNumbers({ concurrency: args.concurrency });
        done(await (await import('./plan.ts')).plan(args, io));
      },
    )
    .command(
      'apply',
      'show the plan, ask, and carry it out',
      (args) =>
        changeOptions(targetOptions(args))
          .option('only', {
            type: 'string',
            array: true,
            describe: 'carry out only these: join, repair, adopt, unjoin',
            requiresArg: true,
            nargs: 1,
          })
          .option('prune', {
            type: 'boolean',
            default: false,
            describe: 'unjoin what is recorded but no longer in the file',
          })
          .option('forget', {
            type: 'string',
            array: true,
            describe: 'unjoin this member on the hub only: it is dead for good',
            requiresArg: true,
            nargs: 1,
          })
          .option('rebuilt', {
            type: 'string',
            array: true,
            describe: 'the cluster behind this name was rebuilt: join it afresh',
            requiresArg: true,
            nargs: 1,
          })
          .example('$0 apply', 'at a terminal')
          .example('$0 apply --yes --only repair', 'from cron: repair drift, nothing else')
          .example('$0 apply --prune --allow-removals 2', 'unjoin two members that left the file'),
      async (args) => {
        checkNumbers({ concurrency: args.concurrency, 'hub-concurrency': args.hubConcurrency });
        checkNumbers({ 'allow-removals': args.allowRemovals }, 0);
        const only = args.only === undefined ? undefined : actionsOf(args.only);
        done(await (await import('./apply.ts')).apply({ ...args, only }, io));
      },
    )
    .command(
      'status',
      'show how every registration stands; reads only',
      (args) =>
        targetOptions(args).example('$0 status', 'what is not as declared').example('$0 status --all', 'everything'),
      async (args) => {
        checkNumbers({ concurrency: args.concurrency });
        done(await (await import('./status.ts')).status(args, io));
      },
    )
    .command(
      'unjoin <members..>',
      'plan and carry out the removal of members',
      (args) =>
        changeOptions(lookOptions(args))
          .positional('members', {
            type: 'string',
            array: true,
            demandOption: true,
            describe: 'members that the file no longer declares, or declares absent',
          })
          .example('$0 unjoin edge-7 --allow-removals 1', ''),
      async (args) => {
        checkNumbers({ concurrency: args.concurrency, 'hub-concurrency': args.hubConcurrency });
        checkNumbers({ 'allow-removals': args.allowRemovals }, 0);
        done(await (await import('./unjoin.ts')).unjoin(args, io));
      },
    )
    .command(
      'sandbox',
      'run hubs and members on this machine, to try things out',
      (args) =>
        fleetOptions(args)
          .option('latency', {
            type: 'string',
            default: '0ms',
            coerce: duration('latency'),
            describe: 'every answer comes that much later, as in 50ms',
            requiresArg: true,
          })
          .option('members', {
            type: 'number',
            default: 0,
            describe: 'so many generated members more',
            requiresArg: true,
          })
          .example('$0 sandbox -f fleet.yaml', 'every hub and member that the file names'),
      async (args) => done(await (await import('./sandbox.ts')).sandbox(args, io)),
    )
    .command(
      'schema',
      'print the JSON Schema of fleet.yaml',
      (args) =>
        args
          .option('plan', { type: 'boolean', default: false, describe: 'of the plan document instead' })
          .example('$0 schema > fleet.schema.json', ''),
      async (args) => done(await (await import('./schema.ts')).schema(args, io)),
    );
}
