import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connect, dialKubeconfig } from '../../src/kube/connect.ts';
import { kubeEnvironment } from '../../src/kube/environment.ts';
import { testAuthority } from './authority.ts';
import { errorOf, types } from './scripted.ts';
import { answer, serve, type TestServer } from './servers.ts';

let folder: string;
let server: TestServer;
let ca: string;
let client: { cert: string; key: string };
const environment = () => kubeEnvironment({ variables: {}, homeFolder: folder, terminal: false });
const base64 = (text: string): string => Buffer.from(text).toString('base64');

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-connect-'));
  const authority = await testAuthority();
  ca = authority.ca;
  client = await authority.client('CN=me');
  server = await serve(await authority.server(['127.0.0.1']), (request, response) => {
    if (request.headers.authorization !== 'Bearer good')
      return answer(response, 401, { kind: 'Status', apiVersion: 'v1', reason: 'Unauthorized' });
    return answer(response, 200, { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'a', namespace: 'ns' } });
  });
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const kubeconfig = (user: string): string => `
clusters: [{name: c, cluster: {server: "${server.url}", certificate-authority-data: ${base64(ca)}}}]
users: [{name: u, user: ${user}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
`;

const key = { type: types.configMap, namespace: 'ns', name: 'a' };

function connecting(user: string) {
  const path = join(folder, 'config');
  writeFileSync(path, kubeconfig(user));
  return connect({ via: 'kubeconfig', kubeconfig: path, context: 'x', insideFleetFolder: false }, environment());
}

test('from a kubeconfig to an object, over one connection', async () => {
  await using cleanup = new AsyncDisposableStack();
  const cluster = cleanup.adopt(connecting('{token: good}'), (each) => each.close());
  expect(cluster.usage).toEqual({ connections: 0, requests: {} });
  const [one, two] = await Promise.all([cluster.get(key), cluster.get(key)]);
  expect([one.object?.metadata.name, two.object?.metadata.name]).toEqual(['a', 'a']);
  expect(cluster.usage).toEqual({ connections: 1, requests: { get: 2 } });
  expect(cluster.endpoint).toEqual({ server: server.url, ca });
});

test('an expired token is told with its day', async () => {
  const claims = Buffer.from(JSON.stringify({ exp: Date.parse('2026-11-18T08:00:00Z') / 1000 })).toString('base64url');
  await using cleanup = new AsyncDisposableStack();
  const cluster = cleanup.adopt(connecting(`{token: e30.${claims}.sig}`), (each) => each.close());
  expect(await errorOf(cluster.get(key))).toMatchObject({ kind: 'auth', message: '401, token expired 2026-11-18' });
});

test('a missing context throws at once, before anything is contacted', () => {
  connecting('{}');
  const access = {
    via: 'kubeconfig',
    kubeconfig: join(folder, 'config'),
    context: 'y',
    insideFleetFolder: false,
  } as const;
  expect(() => connect(access, environment())).toThrow('context "y" is not in');
  expect(server.connections()).toBe(0);
});

test('the bytes of a kubeconfig connect; files it names are those that are given', async () => {
  const user = '{client-certificate: tls.crt, client-key: tls.key, token: good}';
  await using cleanup = new AsyncDisposableStack();
  const raw = cleanup.adopt(
    dialKubeconfig(kubeconfig(user), environment(), { files: { 'tls.crt': client.cert, 'tls.key': client.key } }),
    (each) => each.close(),
  );
  expect((await raw.send({ method: 'GET', path: '/api' })).status).toBe(200);
});

test('the bytes of a kubeconfig can neither name files of this machine nor start a program', () => {
  const dialling = (user: string) => () => dialKubeconfig(kubeconfig(user), environment());
  expect(dialling('{tokenFile: /etc/passwd}')).toThrow('refers to the file /etc/passwd, which is not at hand');
  expect(dialling('{client-certificate: /a, client-key: /b}')).toThrow('which is not at hand');
  expect(dialling('{exec: {apiVersion: client.authentication.k8s.io/v1, command: /bin/true}}')).toThrow(
    'it may start no program',
  );
  expect(() =>
    dialKubeconfig(
      kubeconfig('{}').replace(/certificate-authority-data: [^}]+/, 'certificate-authority: /etc/passwd'),
      environment(),
    ),
  ).toThrow('not at hand');
  expect(() => dialKubeconfig('clusters: []', environment())).toThrow('has no current context');
});
