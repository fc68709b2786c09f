import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig, type KubernetesObject, KubernetesObjectApi } from '@kubernetes/client-node';
import { dump, load } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadAccess } from '../../src/kube/access.ts';
import { kubeEnvironment } from '../../src/kube/environment.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';

/** The official client as an independent witness: of what kubeconfigs mean, and of the sandbox's API server. */
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'official-client-'));
});
afterAll(() => rm(folder, { recursive: true }));

const base64 = (text: string): string => Buffer.from(text).toString('base64');

type Entry = Readonly<Record<string, unknown>>;

async function kubeconfig(name: string, cluster: Entry, user: Entry): Promise<string> {
  const path = join(folder, name);
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'other',
    clusters: [
      { name: 'other', cluster: { server: 'https://other:6443' } },
      { name: 'c', cluster },
    ],
    users: [
      { name: 'other', user: { token: 'another' } },
      { name: 'u', user },
    ],
    contexts: [
      { name: 'other', context: { cluster: 'other', user: 'other' } },
      { name: 'a/b@c', context: { cluster: 'c', user: 'u', namespace: 'n' } },
    ],
  };
  await writeFile(path, dump(config));
  return path;
}

/** What a connection is made of, as both say it. */
interface Meaning {
  readonly server: string | undefined;
  readonly ca: string | undefined;
  readonly insecure: boolean;
  readonly serverName: string | undefined;
  readonly authorization: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

const text = (value: unknown): string | undefined =>
  value === undefined || value === null ? undefined : String(value);

async function theirs(path: string): Promise<Meaning> {
  const config = new KubeConfig();
  config.loadFromFile(path);
  config.setCurrentContext('a/b@c');
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const headers = options.headers as Readonly<Record<string, string>> | undefined;
  const { auth } = options;
  return {
    server: config.getCurrentCluster()?.server,
    ca: text(options.ca),
    insecure: options.rejectUnauthorized === false,
    serverName: options.servername,
    authorization: typeof auth === 'string' ? `Basic ${base64(auth)}` : headers?.['Authorization'],
    cert: text(options.cert),
    key: text(options.key),
  };
}

async function ours(path: string): Promise<Meaning> {
  const environment = kubeEnvironment({ variables: {}, homeFolder: folder, terminal: false });
  const access = { via: 'kubeconfig', kubeconfig: path, context: 'a/b@c', insideFleetFolder: false } as const;
  const { target, endpoint } = loadAccess(access, environment);
  const { authorization, cert, key } = await target.credentials.current();
  return {
    server: endpoint.server,
    ca: target.ca,
    insecure: target.insecure,
    serverName: target.tlsServerName,
    authorization,
    cert: text(cert),
    key: text(key),
  };
}

const server = { server: 'https://api.example:6443' };
const cases: readonly (readonly [string, Entry, Entry])[] = [
  ['a token', server, { token: 'abc' }],
  ['a user name and password', server, { username: 'me', password: 'p:w' }],
  ['a CA inline', { ...server, 'certificate-authority-data': base64('PEM\n') }, { token: 'abc' }],
  ['a CA file, relative to the kubeconfig', { ...server, 'certificate-authority': 'ca.crt' }, { token: 'abc' }],
  [
    'a client certificate inline',
    { ...server, 'certificate-authority-data': base64('PEM\n') },
    { 'client-certificate-data': base64('CERT'), 'client-key-data': base64('KEY') },
  ],
  [
    'client certificate files, relative to the kubeconfig',
    server,
    { 'client-certificate': 'tls.crt', 'client-key': 'tls.key' },
  ],
  ['a TLS server name', { ...server, 'tls-server-name': 'inner' }, { token: 'abc' }],
  ['no verification', { ...server, 'insecure-skip-tls-verify': true }, { token: 'abc' }],
  ['a server with a path', { server: 'https://rancher.example/k8s/clusters/c-1' }, { token: 'abc' }],
  [
    'an exec plugin',
    server,
    {
      exec: {
        apiVersion: 'client.authentication.k8s.io/v1',
        command: process.execPath,
        args: [
          '-e',
          'console.log(JSON.stringify({ kind: "ExecCredential", apiVersion: "client.authentication.k8s.io/v1", status: { token: "from-plugin" } }))',
        ],
        interactiveMode: 'Never',
      },
    },
  ],
];

describe('a kubeconfig means the same to the official client', () => {
  beforeAll(async () => {
    for (const [name, content] of [
      ['ca.crt', 'PEM FILE\n'],
      ['tls.crt', 'CERT FILE\n'],
      ['tls.key', 'KEY FILE\n'],
    ] as const)
      await writeFile(join(folder, name), content);
  });

  test.each(cases)('%s', async (name, cluster, user) => {
    const path = await kubeconfig(name.replace(/\W/g, '-'), cluster, user);
    expect(await ours(path)).toEqual(await theirs(path));
  });
});

describe("the official client works on the sandbox's API server", () => {
  let sandbox: Sandbox;
  let api: KubernetesObjectApi;
  beforeAll(async () => {
    const path = join(folder, 'sandbox', 'kubeconfig');
    sandbox = await startSandbox({
      hubs: [{ name: 'hub', context: 'hub' }],
      members: [],
      readYaml: load,
      actors: false,
      kubeconfig: path,
    });
    const config = new KubeConfig();
    config.loadFromFile(path);
    config.setCurrentContext('hub');
    api = KubernetesObjectApi.makeApiClient(config);
  });
  afterAll(() => sandbox.close());

  test('a built-in kind: create, read, patch, list, delete', async () => {
    const object = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'one', namespace: 'default' },
      data: { a: '1' },
    };
    const created = await api.create(object);
    expect(created.metadata).toMatchObject({
      name: 'one',
      uid: expect.any(String),
      resourceVersion: expect.any(String),
    });
    expect(await api.read(object)).toMatchObject({ data: { a: '1' } });
    const patched = await api.patch({ ...object, data: { a: '1', b: '2' } });
    expect(patched).toMatchObject({ data: { a: '1', b: '2' } });
    const { items } = await api.list('v1', 'ConfigMap', 'default');
    expect(items.map(({ metadata }) => metadata?.name)).toContain('one');
    await api.delete(object);
    await expect(api.read(object)).rejects.toMatchObject({ code: 404 });
  });

  test('a custom kind, found by discovery', async () => {
    const cluster: KubernetesObject & { spec: unknown } = {
      apiVersion: 'cluster.open-cluster-management.io/v1',
      kind: 'ManagedCluster',
      metadata: { name: 'edge-1' },
      spec: { hubAcceptsClient: false },
    };
    await api.create(cluster);
    const { items } = await api.list('cluster.open-cluster-management.io/v1', 'ManagedCluster');
    expect(items.map(({ metadata }) => metadata?.name)).toEqual(['edge-1']);
    await expect(api.create(cluster)).rejects.toMatchObject({ code: 409 });
    await api.delete(cluster);
    await expect(api.read({ ...cluster, metadata: { name: 'edge-1' } })).rejects.toMatchObject({ code: 404 });
  });
});
