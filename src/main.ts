#!/usr/bin/env node
import { hostname, homedir, userInfo } from 'node:os';
import type { Interrupt, Io } from './cli/io.ts';
import { checkNode } from './cli/node-version.ts';
import { program } from './cli/program.ts';
import { styleOf } from './cli/style.ts';
import { version } from './cli/version.ts';
import { ClusterError, exitCodes, RunError } from './model/errors.ts';

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

const io: Io = {
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  env: process.env,
  cwd: process.cwd(),
  homeFolder: homedir(),
  operator: operator(),
  interrupt: interrupts(),
};

// A reader that has seen enough (head) is no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCodes.ok);
  throw error;
});

let exitCode: number;
try {
  checkNode(process.versions.node);
  exitCode = await program(process.argv.slice(2), io);
} catch (error) {
  if (error instanceof RunError || error instanceof ClusterError) {
    const { causeText } = await import('./report/cause.ts');
    process.stderr.write(
      causeText(error, styleOf(process.stderr, { color: !process.argv.includes('--no-color') }, io)),
    );
    exitCode = error instanceof RunError ? error.exitCode : exitCodes.incomplete;
  } else {
    const stack = error instanceof Error ? error.stack : String(error);
    process.stderr.write(
      `This is a bug in rollcall ${version}. Please report it with the command line and this stack:\n${stack ?? ''}\n`,
    );
    exitCode = exitCodes.bug;
  }
}
process.exit(exitCode);
