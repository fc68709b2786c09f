import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { loadOrRefuse } from './fleet.ts';
import type { Io } from './io.ts';
import { checkNumbers, type FleetOptions } from './options.ts';
import { readYaml } from '../kube/yaml.ts';
import { plain } from '../report/plain.ts';
import { exitCodes, RunError } from '../model/errors.ts';
import { runSandbox } from '../sandbox/run.ts';

/** `rollcall sandbox`: hubs and members on this machine until Ctrl-C. @returns the exit code */
export async function sandbox(
  options: FleetOptions & { readonly latency: number; readonly members: number },
  io: Io,
): Promise<number> {
  checkNumbers({ members: options.members }, 0);
  const named = options.file !== undefined || options.members === 0;
  const fleet = named ? await loadOrRefuse(options, io) : undefined;
  const release = io.interrupt.hold();
  let directory: string | undefined;
  try {
    directory = await ownFolder();
    await runSandbox({
      ...(fleet === undefined ? {} : { fleet }),
      ...(options.file === undefined ? {} : { file: options.file }),
      members: options.members,
      latencyMs: options.latency,
      directory,
      readYaml,
      print: (line) => io.stdout.write(`${line}\n`),
      log: (program, error) =>
        io.stderr.write(`${plain(`${program}: ${error instanceof Error ? error.message : String(error)}`)}\n`),
      signal: io.interrupt.signal,
    });
    return 0;
  } finally {
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
    release();
  }
}

/** A folder for this process only, which nobody else may enter: several sandboxes run side by side. */
async function ownFolder(): Promise<string> {
  const parent = resolve(tmpdir());
  try {
    return await mkdtemp(join(parent, 'rollcall-sandbox-'));
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    throw new RunError(
      exitCodes.usage,
      `no folder can be made in ${parent} (${code})`,
      'let TMPDIR name one of your own',
    );
  }
}
