import { ClusterError, exitCodes, RunError } from '../model/errors.ts';
import { causeText } from '../report/cause.ts';
import type { Io } from './io.ts';
import { styleOf } from './style.ts';
import { version } from './version.ts';

/**
 * Says on standard error what ended a run: where, what, why, what next. A stack is shown for a bug only.
 * @param argv the command line, of which only --no-color matters here: it may be what could not be parsed
 * @returns the exit code
 */
export function explain(error: unknown, argv: readonly string[], io: Io): number {
  if (error instanceof RunError || error instanceof ClusterError) {
    io.stderr.write(causeText(error, styleOf(io.stderr, { color: !argv.includes('--no-color') }, io)));
    return error instanceof RunError ? error.exitCode : exitCodes.incomplete;
  }
  const stack = error instanceof Error ? error.stack : String(error);
  io.stderr.write(
    `This is a bug in rollcall ${version}. Please report it with the command line and this stack:\n${stack ?? ''}\n`,
  );
  return exitCodes.bug;
}
