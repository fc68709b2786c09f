/**
 * `npm run demo`: the whole straight line on the sandbox, with the program's real output. Starts a hub and six members on
 * this machine, plans, applies, plans again, breaks one field and repairs it, unjoins one member, and cleans up.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { load } from 'js-yaml';

const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const example = fileURLToPath(new URL('fleet.yaml', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'rollcall-demo-'));
const fleet = join(folder, 'fleet.yaml');
const started = performance.now();
let kubeconfig = '';

/** Runs rollcall as a user would, its output straight to the terminal. */
async function rollcall(...args: readonly string[]): Promise<void> {
  const typed = args.map((arg) => (arg === fleet ? 'fleet.yaml' : arg)).join(' ');
  process.stdout.write(`\n$ rollcall ${typed}\n`);
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, KUBECONFIG: kubeconfig },
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`rollcall ${args[0] ?? ''} ended with exit code ${String(code)}`);
}

/** Starts the sandbox and waits until it says where its kubeconfig is. */
async function startSandbox(): Promise<ChildProcess> {
  process.stdout.write('$ rollcall sandbox -f fleet.yaml &\n');
  const child = spawn(process.execPath, [program, 'sandbox', '-f', fleet], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  for await (const chunk of child.stdout) {
    said += String(chunk);
    process.stdout.write(String(chunk));
    kubeconfig = /export KUBECONFIG=(.+)/.exec(said)?.[1] ?? '';
    if (kubeconfig !== '' && said.includes('Ctrl-C')) return child;
  }
  throw new Error('the sandbox did not start');
}

interface Kubeconfig {
  readonly clusters: readonly { name: string; cluster: Record<string, string> }[];
  readonly users: readonly { name: string; user: Record<string, string> }[];
}

/** What a colleague does with `kubectl edit` at night: changes one field behind the fleet file's back. */
async function meddle(context: string, path: string, patch: unknown): Promise<void> {
  const config = load(await readFile(kubeconfig, 'utf8')) as Kubeconfig;
  const cluster = config.clusters.find(({ name }) => name === context)?.cluster ?? {};
  const user = config.users.find(({ name }) => name.includes(context))?.user ?? {};
  const bytes = (data: string | undefined): Buffer => Buffer.from(data ?? '', 'base64');
  const call = request(`${cluster['server'] ?? ''}${path}?fieldManager=kubectl-edit`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/merge-patch+json' },
    ca: bytes(cluster['certificate-authority-data']),
    cert: bytes(user['client-certificate-data']),
    key: bytes(user['client-key-data']),
  });
  call.end(JSON.stringify(patch));
  const [response] = await once(call, 'response');
  response.resume();
  if (response.statusCode !== 200) throw new Error(`the patch was answered with ${String(response.statusCode)}`);
}

const say = (text: string): void => {
  process.stdout.write(`\n# ${text}\n`);
};

await writeFile(fleet, await readFile(example));
const sandbox = await startSandbox();
try {
  say('What would change?');
  await rollcall('plan', '-f', fleet);
  say('Do it.');
  await rollcall('apply', '-f', fleet, '--yes');
  say('Again: nothing happens.');
  await rollcall('plan', '-f', fleet, '--detailed-exitcode');
  say('Somebody edits a Klusterlet by hand …');
  const klusterlet = '/apis/operator.open-cluster-management.io/v1/klusterlets/klusterlet';
  await meddle('edge-us-1', klusterlet, { spec: { resourceRequirement: { type: 'BestEffort' } } });
  await rollcall('plan', '-f', fleet);
  say('… and cron repairs it.');
  await rollcall('apply', '-f', fleet, '--yes', '--only', 'repair');
  say('A member leaves the file.');
  const text = await readFile(fleet, 'utf8');
  await writeFile(fleet, text.replace(/^.*name: pay-us-1,.*\n/m, ''));
  await rollcall('apply', '-f', fleet, '--yes', '--prune', '--allow-removals', '1');
  await rollcall('status', '-f', fleet, '--all');
} finally {
  sandbox.kill('SIGINT');
  await once(sandbox, 'exit');
  await rm(folder, { recursive: true });
}
process.stdout.write(`\nThe sandbox is gone again. ${((performance.now() - started) / 1000).toFixed(0)} s in all.\n`);
