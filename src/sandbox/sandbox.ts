import { lstat, mkdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { exitCodes, RunError } from '../model/errors.ts';
import { isSandboxKubeconfig, sandboxKubeconfig } from './kubeconfig.ts';
import { startWorld, type World, type WorldOptions } from './world.ts';

export interface SandboxOptions extends Omit<WorldOptions, 'listen'> {
  /** Where the kubeconfig goes; missing folders are made. */
  readonly kubeconfig: string;
  /** Milliseconds by which every answer is late; default 0. */
  readonly latencyMs?: number;
}

/** A world that listens on this machine, and the kubeconfig by which any client reaches it. */
export interface Sandbox {
  readonly world: World;
  /** Ends it all and removes the kubeconfig. */
  close(): Promise<void>;
}

/**
 * Starts clusters that listen on ports of 127.0.0.1, and writes a kubeconfig (mode 0600) with a context for each.
 * @throws RunError when a file that is not the sandbox's own lies where the kubeconfig should go, or in a folder that others may enter
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { kubeconfig, latencyMs = 0, ...rest } = options;
  const folder = dirname(kubeconfig);
  const made = await makeFolder(folder);
  let world: World | undefined;
  let text: string;
  try {
    await refuseForeign(kubeconfig, options.readYaml);
    world = await startWorld({ ...rest, listen: { latencyMs } });
    text = await sandboxKubeconfig(world.clusters);
    await writeWhole(kubeconfig, text);
  } catch (error) {
    await world?.close();
    if (made) await rmdir(folder).catch(stillUsed);
    throw error;
  }
  const running = world;
  return {
    world: running,
    async close() {
      await running.close();
      // A sandbox that was started later in the same folder has replaced the file: it is not ours any more.
      if ((await textOf(kubeconfig)) === text) await rm(kubeconfig);
      if (made) await rmdir(folder).catch(stillUsed);
    },
  };
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

/**
 * Whatever lies in a folder that others may enter or have made was chosen by them.
 * @returns whether it was made just now
 */
async function makeFolder(folder: string): Promise<boolean> {
  const refuse = (what: string): RunError =>
    new RunError(exitCodes.usage, `${folder} is ${what}`, 'remove it, or let TMPDIR name a folder of your own');
  let made: string | undefined;
  try {
    made = await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    // A file, or a link that leads nowhere; which of them is said below.
    if (!hasCode(error, 'EEXIST') && !hasCode(error, 'ENOENT')) throw error;
  }
  const found = await lstat(folder);
  if (!found.isDirectory()) throw refuse('no folder');
  const me = process.getuid?.();
  // Where users have no numbers, mode bits say nothing either.
  if (me === undefined) return made !== undefined;
  if (found.uid !== me) throw refuse("somebody else's folder");
  if ((found.mode & 0o077) !== 0) throw refuse('a folder that others may enter');
  return made !== undefined;
}

/** Written beside and moved: nobody reads half a file, and nothing is written through a link that lies there. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const beside = `${path}.${process.pid}`;
  await writeFile(beside, text, { mode: 0o600, flag: 'wx' });
  await rename(beside, path);
}

function stillUsed(error: unknown): void {
  if (!hasCode(error, 'ENOTEMPTY') && !hasCode(error, 'ENOENT')) throw error;
}

/** @returns undefined when there is no such file */
export async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function refuseForeign(path: string, readYaml: WorldOptions['readYaml']): Promise<void> {
  const text = await textOf(path);
  if (text === undefined || isSandboxKubeconfig(text, readYaml)) return;
  const message = `${path} is no kubeconfig of the sandbox: it would be overwritten`;
  throw new RunError(exitCodes.usage, message, 'move it away, or start the sandbox in another folder');
}
