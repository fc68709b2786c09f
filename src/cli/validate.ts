import { exitCodes, RunError } from '../model/errors.ts';
import { problemsJson, problemsText } from '../report/problems.ts';
import { counted } from '../report/words.ts';
import { load } from './fleet.ts';
import type { Io } from './io.ts';
import type { FleetOptions } from './options.ts';
import { styleOf } from './style.ts';

/** `rollcall validate`: every problem of the file at once. No cluster is contacted. @returns the exit code */
export async function validate(
  options: FleetOptions & { readonly output: 'text' | 'json'; readonly effective: boolean },
  io: Io,
): Promise<number> {
  if (options.effective && options.output === 'json') {
    throw new RunError(exitCodes.usage, '--effective prints YAML', 'leave -o json out');
  }
  const loaded = await load(options, io);
  const problems = 'problems' in loaded ? loaded.problems : loaded.warnings;
  const code = 'problems' in loaded ? exitCodes.usage : exitCodes.ok;
  if (options.output === 'json') {
    io.stdout.write(problemsJson('problems' in loaded ? loaded.problems : []));
    return code;
  }
  if (problems.length > 0) io.stderr.write(problemsText(problems, styleOf(io.stderr, options, io)));
  if ('problems' in loaded) return code;
  if (options.effective) io.stdout.write(loaded.effective());
  else {
    const { name, hubs, members, registrations } = loaded.fleet;
    io.stdout.write(
      `${name}: valid, ${counted(hubs.length, 'hub')}, ${counted(members.length, 'member')}, ${counted(registrations.length, 'registration')}\n`,
    );
  }
  return code;
}
