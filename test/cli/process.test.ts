import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { access, mkdir, readdir, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Bed, expectPresentable, fleetText, startBed } from './bed.ts';
import type { Ran } from './run.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
/** The way of util-linux to give a program a terminal. */
const script = '/usr/bin/script';
const members = ['edge-1', 'edge-2', 'edge-3'];
let bed: Bed;
const children = new Set<ChildProcess>();
beforeAll(async () => {
  bed = await startBed({ members });
  await bed.write('fleet.yaml', fleetText(members));
});
afterEach(() => {
  bed.fault = () => undefined;
  for (const child of children) child.kill('SIGKILL');
  children.clear();
});
afterAll(() => bed.close());

function start(argv: readonly string[], options: SpawnOptions = {}): ChildProcess {
  const env = { ...bed.env, TMPDIR: bed.folder, NODE_NO_WARNINGS: '1' };
  const child = spawn(process.execPath, [main, ...argv], { cwd: bed.folder, env, stdio: 'pipe', ...options });
  children.add(child);
  return child;
}

/** @returns what a program has written once it has said `last` */
const says =
  (last: string) =>
  async ({ stdout }: ChildProcess): Promise<string> => {
    const { promise, resolve } = Promise.withResolvers<string>();
    let out = '';
    stdout?.on('data', (chunk: Buffer) => {
      out += String(chunk);
      if (out.includes(last)) resolve(out);
    });
    return promise;
  };

async function ended(child: ChildProcess): Promise<Ran> {
  const [out, err, [code]] = await Promise.all([
    child.stdout === null ? '' : text(child.stdout),
    child.stderr === null ? '' : text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  const ran = { code: code ?? -1, out, err };
  expectPresentable(ran);
  return ran;
}

/** Runs apply and sends a signal once the member's Klusterlet is being written. */
async function signalled(signal: NodeJS.Signals, member: string): Promise<Ran> {
  const child = start(['apply', '--yes', '--member', member]);
  bed.fault = (_context, { method, path }) => {
    if (method === 'PATCH' && path.includes('/klusterlets/')) child.kill(signal);
    return undefined;
  };
  return ended(child);
}

describe('signals', () => {
  test('SIGINT in the middle of apply ends with 130 and the summary; the next run converges', async () => {
    const [code, member] = [130, 'edge-1'];
    const ran = await signalled('SIGINT', member);
    expect(ran.code).toBe(code);
    expect(ran.err).toContain('interrupted: finishing the steps in flight; once more ends at once');
    expect(ran.out).toMatch(new RegExp(`^1 planned .* exit ${code}$`, 'm'));
    expect(ran.out).toContain(`again: rollcall apply --member ${member}`);
    bed.fault = () => undefined;
    const again = await bed.rollcall(['apply', '--yes', '--member', member]);
    expect(again).toMatchObject({ code: 0 });
  });

  test('SIGTERM while only reading ends at once with 143', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    await bed.kubeconfig((config) => {
      for (const one of config.clusters) one.cluster['server'] = `https://127.0.0.1:${port}`;
    });
    const child = start(['plan']);
    await once(silent, 'connection');
    child.kill('SIGTERM');
    expect(await ended(child)).toEqual({ code: 143, out: '', err: '' });
    silent.close();
    await bed.restore();
  });
});

describe('streams', () => {
  test('a reader that goes away ends plan quietly', async () => {
    const child = start(['plan', '--all']);
    child.stdout?.destroy();
    const [err, [code]] = await Promise.all([text(child.stderr as Readable), once(child, 'exit')]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
  });

  test('a reader that goes away leaves no apply half done', async () => {
    await bed.write('gone.yaml', fleetText(['{ name: edge-1, labels: { tier: iron } }']));
    const child = start(['apply', '--yes', '-f', 'gone.yaml']);
    child.stdout?.destroy();
    const [err, [code]] = await Promise.all([text(child.stderr as Readable), once(child, 'exit')]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect((await bed.rollcall(['status', '-f', 'gone.yaml'])).code).toBe(0);
  });

  test.each([
    ['is closed', '<&-'],
    ['is /dev/null', '</dev/null'],
  ])('standard input %s: apply without --yes is refused', async (_what, redirect) => {
    await bed.write('more.yaml', fleetText(['{ name: edge-1, labels: { tier: zinc } }']));
    const command = `exec "$0" "$1" apply -f more.yaml ${redirect}`;
    const ran = await ended(spawn('sh', ['-c', command, process.execPath, main], { cwd: bed.folder, env: bed.env }));
    expect(ran.code).toBe(4);
    expect(ran.out).toContain('~ repair hub/edge-1');
    expect(ran.err).toContain('not confirmed: there is no terminal to ask at; nothing was changed');
  });

  test('a reader that takes its time gets all of it', async () => {
    const many = Array.from({ length: 400 }, (_, at) => `nowhere-${at}`);
    await bed.write('many.yaml', fleetText(many));
    const child = start(['plan', '-f', 'many.yaml', '-o', 'json']);
    // More than a pipe holds.
    await once(child.stdout as Readable, 'readable');
    const { code, out } = await ended(child);
    expect(code).toBe(0);
    expect(out.length).toBeGreaterThan(100_000);
    expect((JSON.parse(out) as { registrations: unknown[] }).registrations.length).toBeGreaterThanOrEqual(400);
  });

  test('a full disk is told, with an exit code that is not 0', async () => {
    const ran = spawnSync('sh', ['-c', 'exec "$0" "$1" schema > /dev/full', process.execPath, main], {
      env: bed.env,
      encoding: 'utf8',
    });
    expect({ code: ran.status, err: ran.stderr }).toEqual({
      code: 5,
      err: 'not all of the output could be written (ENOSPC)\n',
    });
  });

  test('a working folder that is gone', async () => {
    await mkdir(join(bed.folder, 'gone'));
    const command = 'cd gone && rmdir ../gone && exec "$0" "$1" plan';
    const child = spawn('sh', ['-c', command, process.execPath, main], { cwd: bed.folder, env: bed.env });
    expect(await ended(child)).toEqual({
      code: 3,
      out: '',
      err: 'the working folder does not exist any more\n  next: change to one that does\n',
    });
  });

  test.skipIf(!existsSync(script))('at a terminal, apply asks and shows progress', async () => {
    await bed.write('tty.yaml', fleetText(['{ name: edge-1, labels: { tier: gold } }']));
    const command = `'${process.execPath}' '${main}' apply -f tty.yaml`;
    const child = spawn(script, ['-qec', command, '/dev/null'], {
      cwd: bed.folder,
      env: { ...bed.env, TERM: 'xterm' },
    });
    children.add(child);
    let shown = '';
    child.stdout.on('data', (chunk: Buffer) => {
      if (!shown.includes('Only yes') && `${shown}${chunk.toString()}`.includes('Only yes is accepted: '))
        child.stdin.write('yes\n');
      shown += String(chunk);
    });
    const [code] = (await once(child, 'exit')) as [number | null];
    expect(code).toBe(0);
    expect(shown).toContain('\u001b[');
    expect(stripVTControlCharacters(shown)).toMatch(/repaired +1 /);
  });
});

describe('sandbox', () => {
  test('runs until Ctrl-C, says how to use it, and leaves nothing behind', async () => {
    const child = start(['sandbox', '-f', 'fleet.yaml', '--latency', '1ms']);
    const out = await says('Ctrl-C ends it')(child);
    const kubeconfig = /export KUBECONFIG=(\S+)/.exec(out)?.[1] ?? '';
    const plan = await bed.rollcall(['plan'], { env: { KUBECONFIG: kubeconfig } });
    expect(plan.out).toContain('3 join');
    child.kill('SIGINT');
    const [code] = (await once(child, 'exit')) as [number | null];
    expect(code).toBe(0);
    await expect(access(dirname(kubeconfig))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('has a folder of its own, beside others', async () => {
    const temporary = join(bed.folder, 'temporary');
    await mkdir(temporary);
    const env = { ...bed.env, TMPDIR: temporary };
    const both = [1, 2].map(() => start(['sandbox', '--members', '1'], { env }));
    await Promise.all(both.map(says('Ctrl-C ends it')));
    const folders = await readdir(temporary);
    expect(folders).toHaveLength(2);
    for (const folder of folders) expect((await stat(join(temporary, folder))).mode & 0o777).toBe(0o700);
    const codes = Promise.all(both.map((child) => once(child, 'exit')));
    for (const child of both) child.kill('SIGINT');
    expect(await codes).toEqual([
      [0, null],
      [0, null],
    ]);
    expect(await readdir(temporary)).toEqual([]);
  });

  test('without a place for it, it says so', async () => {
    const env = { ...bed.env, TMPDIR: join(bed.folder, 'nowhere') };
    const ran = await ended(start(['sandbox', '--members', '1'], { env }));
    expect(ran).toMatchObject({ code: 3, out: '' });
    expect(ran.err).toContain('nowhere (ENOENT)');
  });

  test('refuses a fleet that says how to reach real clusters', async () => {
    const real = fleetText(['edge-1', '{ name: edge-2, access: { kubeconfig: /home/me/.kube/config } }']);
    await bed.write('real.yaml', real);
    const ran = await ended(start(['sandbox', '-f', 'real.yaml']));
    expect(ran).toMatchObject({ code: 3, out: '' });
    expect(ran.err.replace(/\s+/g, ' ')).toContain(
      'the fleet says how to reach real clusters: edge-2; a command meant for the sandbox would reach them',
    );
  });
});
