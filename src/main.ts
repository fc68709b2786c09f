#!/usr/bin/env node
import { hostname, homedir, userInfo } from 'node:os';
import type { Interrupt, Io } from './cli/io.ts';
import { checkNode } from './cli/node-version.ts';
import { version } from './cli/version.ts';
import { exitCodes, RunError } from './model/errors.ts';

// Names are looked up on libuv's threads: with the usual four, a few names that nobody answers for would hold up everybody's.
process.env['UV_THREADPOOL_SIZE'] ??= '64';

const signals = { SIGINT: exitCodes.interrupted, SIGTERM: exitCodes.terminated } as const;

function interrupts(): Interrupt {
  const controller = new AbortController();
  const held: (string | undefined)[] = [];
  let code: number | undefined;
  for (const [name, exitCode] of Object.entries(signals)) {
    process.on(name, () => {
      const again = code !== undefined;
      code ??= exitCode;
      controller.abort();
      if (held.length === 0 || again) process.exit(code);
      const says = held.at(-1);
      if (says !== undefined) process.stderr.write(`\n${says}\n`);
    });
  }
  return {
    signal: controller.signal,
    exitCode: () => code,
    hold: (says) => {
      held.push(says);
      return () => {
        held.pop();
      };
    },
  };
}

function operator(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    return `uid ${process.getuid?.() ?? '?'}@${hostname()}`;
  }
}

function workingFolder(): string {
  try {
    return process.cwd();
  } catch {
    throw new RunError(exitCodes.usage, 'the working folder does not exist any more', 'change to one that does');
  }
}

const io: Io = {
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  env: process.env,
  get cwd() {
    return workingFolder();
  },
  homeFolder: homedir(),
  operator: operator(),
  interrupt: interrupts(),
};

// Output that cannot be written (head has seen enough, a disk is full) is no reason to leave a run half done: it goes on unseen.
let unwritten: string | undefined;
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code !== 'EPIPE') unwritten ??= code;
  });
}

/** Scripts ask for the version alone, and often: nothing is loaded to parse that. */
async function run(args: readonly string[]): Promise<number> {
  if (args.length === 1 && args[0] === '--version') {
    io.stdout.write(`${version}\n`);
    return exitCodes.ok;
  }
  const { program } = await import('./cli/program.ts');
  return await program(args, io);
}

let exitCode: number;
try {
  checkNode(process.versions.node);
  exitCode = await run(process.argv.slice(2));
} catch (error) {
  const { explain } = await import('./cli/failure.ts');
  exitCode = explain(error, process.argv, io);
}
// A pipe takes what it is given bit by bit: the process must not end before it has it all.
for (const stream of [process.stdout, process.stderr]) {
  await new Promise<void>((resolve) => {
    stream.write('', () => resolve());
  });
}
// The error of the last write is told a moment after it.
await new Promise(setImmediate);
if (unwritten !== undefined) {
  process.stderr.write(`not all of the output could be written (${unwritten})\n`);
  exitCode ||= exitCodes.incomplete;
}
process.exit(exitCode);
