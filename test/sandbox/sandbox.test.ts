import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dump, load } from 'js-yaml';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isSandboxKubeconfig } from '../../src/sandbox/kubeconfig.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.ts';

let folder: string;
const open: Sandbox[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sandbox-'));
});
afterEach(async () => {
  for (const sandbox of open.splice(0)) await sandbox.close();
  await rm(folder, { recursive: true });
});

const names = (...all: string[]) => all.map((name) => ({ name, context: name }));
const path = () => join(folder, 'made', 'kubeconfig');

async function start(options: Partial<SandboxOptions> = {}): Promise<Sandbox> {
  const given = { hubs: names('hub'), members: names('m1'), readYaml: load, actors: false, kubeconfig: path() };
  const sandbox = await startSandbox({ ...given, ...options });
  open.push(sandbox);
  return sandbox;
}

interface Kubeconfig {
  readonly 'current-context': string;
  readonly contexts: readonly {
    readonly name: string;
    readonly context: { readonly cluster: string; readonly user: string };
  }[];
  readonly clusters: readonly { readonly name: string; readonly cluster: Readonly<Record<string, string>> }[];
  readonly users: readonly { readonly name: string; readonly user: Readonly<Record<string, string>> }[];
}

const decode = (text: string | undefined): Buffer => Buffer.from(text ?? '', 'base64');

/** GETs as a client would: everything it knows is in the kubeconfig. */
async function get(cluster: string, user: string, url: string): Promise<number> {
  const config = load(await readFile(path(), 'utf8')) as Kubeconfig;
  const where = config.clusters.find(({ name }) => name === cluster)?.cluster ?? {};
  const who = config.users.find(({ name }) => name === user)?.user ?? {};
  const tls = {
    ca: decode(where['certificate-authority-data']),
    cert: decode(who['client-certificate-data']),
    key: decode(who['client-key-data']),
  };
  return new Promise((resolve, reject) => {
    const sent = request(`${where['server'] ?? ''}${url}`, { ...tls, agent: false }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    });
    sent.on('error', reject);
    sent.end();
  });
}

describe('startSandbox', () => {
  it('writes a kubeconfig for its owner only, with a context per cluster', async () => {
    await start();
    const config = load(await readFile(path(), 'utf8')) as Kubeconfig;
    expect((await stat(path())).mode & 0o777).toBe(0o600);
    expect(config.contexts.map(({ name }) => name)).toEqual(['hub', 'm1']);
    expect(config['current-context']).toBe('hub');
  });

  it('gives each cluster its own CA and credentials', async () => {
    const { world } = await start();
    expect(await get('hub', 'hub', '/api/v1/secrets')).toBe(200);
    expect(await get('m1', 'm1', '/apis/operator.open-cluster-management.io/v1/klusterlets')).toBe(200);
    expect(await get('m1', 'hub', '/api/v1/secrets')).toBe(401);
    expect(world.hub('hub').authority.ca).not.toBe(world.member('m1').authority.ca);
    expect(world.member('m1').listener?.usage.connections).toBe(2);
  });

  it('answers as late as asked', async () => {
    await start({ latencyMs: 60 });
    const before = performance.now();
    await get('hub', 'hub', '/version');
    expect(performance.now() - before).toBeGreaterThanOrEqual(59);
  });

  it('leaves nothing behind, and frees its ports', async () => {
    const sandbox = await start();
    const { port } = new URL(sandbox.world.hub('hub').url);
    await sandbox.close();
    expect(await readdir(folder)).toEqual([]);
    const refused = once(connect(Number(port), '127.0.0.1'), 'connect');
    await expect(refused).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('leaves a kubeconfig alone that another sandbox wrote meanwhile', async () => {
    const first = await start();
    const second = await start();
    await first.close();
    expect(await get('hub', 'hub', '/version')).toBe(200);
    await second.close();
    expect(await readdir(join(folder, 'made'))).toEqual([]);
  });

  describe('trusts no folder that others could have prepared', () => {
    const box = () => join(folder, 'box');
    const isRoot = process.getuid?.() === 0;
    it.each<readonly [string, () => Promise<unknown>]>([
      ['one that others may enter', () => mkdir(box()).then(() => chmod(box(), 0o755))],
      ['one that others may write', () => mkdir(box()).then(() => chmod(box(), 0o730))],
      ['a link to one', () => mkdir(join(folder, 'real'), 0o700).then(() => symlink(join(folder, 'real'), box()))],
      ['a link to none', () => symlink(join(folder, 'none'), box())],
      ['a file', () => writeFile(box(), '', { mode: 0o600 })],
      ...(isRoot ? [["somebody else's", () => mkdir(box(), 0o700).then(() => chown(box(), 4242, 4242))] as const] : []),
    ])('as %s', async (_what, prepare) => {
      await prepare();
      await expect(start({ kubeconfig: join(box(), 'kubeconfig') })).rejects.toMatchObject({
        name: 'RunError',
        exitCode: 3,
        message: expect.stringContaining(`${box()} `),
      });
      expect(await readdir(folder)).not.toContain('none');
    });
  });

  it('overwrites no kubeconfig of somebody else', async () => {
    const kubeconfig = join(folder, 'config');
    await writeFile(kubeconfig, 'clusters: [{ name: prod, cluster: { server: "https://prod.example" } }]');
    await expect(start({ kubeconfig })).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringContaining('config'),
    });
  });
});

describe('isSandboxKubeconfig', () => {
  const cluster = (server: string, mark = 'rollcall.dev/sandbox') => ({
    name: 'x',
    cluster: { server, extensions: [{ name: mark, extension: {} }] },
  });
  const judge = (...clusters: object[]) => isSandboxKubeconfig(dump({ clusters }), load);

  it('knows its own, also after another program wrote it anew', async () => {
    await start();
    const text = await readFile(path(), 'utf8');
    expect(isSandboxKubeconfig(text, load)).toBe(true);
    expect(isSandboxKubeconfig(dump(load(text)), load)).toBe(true);
  });

  it.each([
    ['a cluster without the mark', [cluster('https://127.0.0.1:1', 'other')]],
    ['a server elsewhere under the mark', [cluster('https://prod.example')]],
    [
      'one real cluster among its own',
      [cluster('https://127.0.0.1:1'), { name: 'y', cluster: { server: 'https://127.0.0.1:2' } }],
    ],
    ['no clusters', []],
  ])('does not take %s for its own', (_what, clusters) => {
    expect(judge(...clusters)).toBe(false);
  });

  it.each(['', '{', 'clusters: 5', '- a', 'clusters: [null]', 'text'])('does not take %j for its own', (text) => {
    expect(isSandboxKubeconfig(text, load)).toBe(false);
  });
});
