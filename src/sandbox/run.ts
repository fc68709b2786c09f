import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { exitCodes, RunError } from '../model/errors.ts';
import type { Access, Fleet } from '../model/fleet.ts';
import type { ReadYaml } from './actors/kubeconfig.ts';
import { type Generated, generatedFleet, generatedMark, generateMembers } from './generate.ts';
import { isSandboxKubeconfig } from './kubeconfig.ts';
import { startSandbox, textOf, writeWhole } from './sandbox.ts';
import type { Wanted, WorldOptions } from './world.ts';

export interface RunOptions {
  /** Its hubs and members are started; left out: one hub named `hub`. */
  readonly fleet?: Fleet;
  /** How the user names that file, for the commands that are printed. */
  readonly file?: string;
  /** So many members more, in a fleet file of their own. */
  readonly members: number;
  /** Milliseconds by which every answer is late. */
  readonly latencyMs: number;
  /** Gets `kubeconfig` and, with `members`, `fleet-generated.yaml`. */
  readonly directory: string;
  readonly readYaml: ReadYaml;
  /** Takes one line without its end. */
  readonly print: (line: string) => void;
  /** What the programs on its clusters would log: failures that they try again. */
  readonly log: NonNullable<WorldOptions['log']>;
  /** Ends the sandbox. */
  readonly signal: AbortSignal;
}

/**
 * Starts every hub and member that a fleet names on this machine, says how to use them, and runs until `signal` aborts; then it
 * removes what it wrote.
 * @throws RunError (exit 3) when the fleet names clusters by other means than a context of the sandbox's own kubeconfig: a
 * command that is meant for the sandbox must not reach them
 */
export async function runSandbox(options: RunOptions): Promise<void> {
  const { fleet, directory, readYaml, print, log, signal, latencyMs } = options;
  const kubeconfig = resolve(directory, 'kubeconfig');
  if (fleet) await refuseReal(fleet, kubeconfig, readYaml);
  const hubs = fleet ? fleet.hubs.map(wanted) : [{ name: 'hub', context: 'hub' }];
  const declared = fleet?.members.map(wanted) ?? [];
  const generated = generateMembers(options.members, [...hubs, ...declared]);
  const members = [...declared, ...generated];
  const file = generated.length > 0 ? resolve(directory, 'fleet-generated.yaml') : undefined;
  // A person waits for a few members; many would keep this machine busy with their leases.
  const speed = members.length <= 20 ? 30 : 3;
  const sandbox = await startSandbox({ hubs, members, readYaml, latencyMs, speed, log, kubeconfig });
  try {
    if (file) await writeGenerated(file, hubs, generated);
    const late = latencyMs > 0 ? `, every answer ${latencyMs} ms late` : '';
    print(`Sandbox: ${count(hubs.length, 'hub')} and ${count(members.length, 'member')} on 127.0.0.1${late}`);
    for (const warning of unreachable(fleet)) print(`  ${warning}`);
    print('');
    print(`  export KUBECONFIG=${kubeconfig}`);
    if (fleet)
      for (const command of ['plan', 'apply']) print(`  rollcall ${command} -f ${options.file ?? 'fleet.yaml'}`);
    if (file) for (const command of ['plan', 'apply']) print(`  rollcall ${command} -f ${file}`);
    if (hubs[0]) print(`  kubectl --context ${hubs[0].context} get managedclusters`);
    print('');
    print('Ctrl-C ends it and removes what it wrote.');
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    if (file && (await textOf(file))?.startsWith(generatedMark)) await rm(file);
    await sandbox.close();
  }
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

function wanted({ name, access }: { readonly name: string; readonly access: Access }): Wanted {
  return { name, context: access.via === 'kubeconfig' ? access.context : name };
}

/** Members whose hub is said to be somewhere else would look for it there. */
function unreachable(fleet: Fleet | undefined): readonly string[] {
  const hubs = fleet?.hubs.filter(({ endpoint }) => endpoint?.server !== undefined) ?? [];
  return hubs.map(({ name }) => `warning: members look for hub ${name} at its own endpoint.server, not in the sandbox`);
}

async function refuseReal(fleet: Fleet, own: string, readYaml: ReadYaml): Promise<void> {
  const real: string[] = [];
  for (const { name, access } of [...fleet.hubs, ...fleet.members]) {
    if (!(await leadsToSandbox(access, own, readYaml))) real.push(name);
  }
  if (real.length === 0) return;
  const named = real.length > 5 ? `${real.slice(0, 5).join(', ')} and ${real.length - 5} more` : real.join(', ');
  throw new RunError(
    exitCodes.usage,
    `the fleet says how to reach real clusters: ${named}; a command meant for the sandbox would reach them`,
    'give them a context only, without a kubeconfig of their own, a server, or in-cluster access',
  );
}

async function leadsToSandbox(access: Access, own: string, readYaml: ReadYaml): Promise<boolean> {
  if (access.via !== 'kubeconfig') return false;
  if (access.kubeconfig === undefined || resolve(access.kubeconfig) === own) return true;
  const text = await textOf(access.kubeconfig);
  return text !== undefined && isSandboxKubeconfig(text, readYaml);
}

async function writeGenerated(path: string, hubs: readonly Wanted[], members: readonly Generated[]): Promise<void> {
  const there = await textOf(path);
  if (there !== undefined && !there.startsWith(generatedMark)) {
    throw new RunError(
      exitCodes.usage,
      `${path} was not written by the sandbox: it would be overwritten`,
      'move it away',
    );
  }
  await writeWhole(path, generatedFleet(hubs, members));
}
