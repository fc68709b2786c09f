import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { loadOrRefuse } from './fleet.ts';
import type { Io } from './io.ts';
import { checkNumbers, type FleetOptions } from './options.ts';
import { readYaml } from '../kube/yaml.ts';
import { plain } from '../report/plain.ts';
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
  try {
    await runSandbox({
      ...(fleet === undefined ? {} : { fleet }),
      ...(options.file === undefined ? {} : { file: options.file }),
      members: options.members,
      latencyMs: options.latency,
      directory: join(tmpdir(), `rollcall-sandbox-${userInfo().uid}`),
      readYaml,
      print: (line) => io.stdout.write(`${line}\n`),
      log: (program, error) =>
        io.stderr.write(`${plain(`${program}: ${error instanceof Error ? error.message : String(error)}`)}\n`),
      signal: io.interrupt.signal,
    });
    return 0;
  } finally {
    release();
  }
}
