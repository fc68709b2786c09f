import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadAccess } from '../../src/kube/access.ts';
import { type EnvironmentOptions, kubeEnvironment } from '../../src/kube/environment.ts';
import { ClusterError } from '../../src/model/errors.ts';
import type { Access } from '../../src/model/fleet.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-access-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
  return path;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

const config = (cluster: string, user: string, name = 'a'): string => `
apiVersion: v1
kind: Config
clusters: [{name: ${name}, cluster: ${cluster}}]
users: [{name: ${name}, user: ${user}}]
contexts: [{name: ${name}, context: {cluster: ${name}, user: ${name}}}, {name: nobody@${name}, context: {cluster: ${name}}}]
`;
const simple = '{server: "https://api:6443"}';

const load = (access: Access, options: Partial<EnvironmentOptions> = {}) =>
  loadAccess(access, kubeEnvironment({ variables: {}, homeFolder: folder, terminal: false, ...options }));

const context = (kubeconfig: string, name = 'a', insideFleetFolder = false): Access => ({
  via: 'kubeconfig',
  kubeconfig,
  context: name,
  insideFleetFolder,
});

function problem(run: () => unknown): ClusterError {
  try {
    run();
  } catch (error) {
    if (error instanceof ClusterError) return error;
  }
  throw new Error('no ClusterError');
}

const credential = (cluster: string, user: string, options?: Partial<EnvironmentOptions>) =>
  load(context(file('sub/config', config(cluster, user))), options).target.credentials.current();

test('the cluster entry becomes the target and the endpoint', () => {
  const cluster = `{server: "https://api:6443/k8s", certificate-authority-data: ${base64('PEM')}, tls-server-name: inner, proxy-url: "http://p:1"}`;
  const { target, endpoint } = load(context(file('config', config(cluster, '{}'))));
  expect(endpoint).toEqual({
    server: 'https://api:6443/k8s',
    ca: 'PEM',
    tlsServerName: 'inner',
    proxyUrl: 'http://p:1',
  });
  expect(target).toMatchObject({
    server: new URL('https://api:6443/k8s'),
    ca: 'PEM',
    tlsServerName: 'inner',
    proxy: new URL('http://p:1'),
    insecure: false,
  });
});

test('a context without user keeps CA, tls-server-name and insecure', async () => {
  const { target } = load(
    context(
      file(
        'config',
        config(`{server: "https://api", tls-server-name: inner, insecure-skip-tls-verify: true}`, '{token: t}'),
      ),
      'nobody@a',
    ),
  );
  expect(target).toMatchObject({ tlsServerName: 'inner', insecure: true });
  expect(await target.credentials.current()).toEqual({});
});

test("a proxy of the environment is used but is none of the endpoint's", () => {
  const { target, endpoint } = load(context(file('config', config(simple, '{}'))), {
    variables: { HTTPS_PROXY: 'http://env:1' },
  });
  expect(target.proxy?.href).toBe('http://env:1/');
  expect(endpoint).toEqual({ server: 'https://api:6443' });
});

test('paths in a kubeconfig start at its folder', async () => {
  file('sub/ca.pem', 'CA');
  file('sub/me.crt', 'CERT');
  file('sub/me.key', 'KEY');
  const path = file(
    'sub/config',
    config(
      '{server: "https://api", certificate-authority: ca.pem}',
      '{client-certificate: me.crt, client-key: ./me.key}',
    ),
  );
  const { target } = load(context(path));
  expect(target.ca).toBe('CA');
  expect(await target.credentials.current()).toEqual({ cert: 'CERT', key: 'KEY' });
});

test('credentials of every sort', async () => {
  expect(await credential(simple, '{token: abc}')).toEqual({ authorization: 'Bearer abc' });
  expect(await credential(simple, '{username: me, password: "p:w"}')).toEqual({
    authorization: `Basic ${base64('me:p:w')}`,
  });
  expect(
    await credential(simple, `{client-certificate-data: ${base64('C')}, client-key-data: ${base64('K')}, token: t}`),
  ).toEqual({ authorization: 'Bearer t', cert: 'C', key: 'K' });
  expect(
    await credential(
      simple,
      `{client-certificate-data: ${base64('C')}, client-key-data: ${base64('K')}, username: me}`,
    ),
  ).toEqual({ authorization: `Basic ${base64('me:')}`, cert: 'C', key: 'K' });
  expect(await credential('{server: "http://api"}', '{token: abc}')).toEqual({});
});

test('a token file is read at each use, trimmed, and wins over a token', async () => {
  const path = file('sub/token', 'one\n');
  const { credentials } = load(context(file('sub/config', config(simple, '{tokenFile: token, token: old}')))).target;
  expect(await credentials.current()).toEqual({ authorization: 'Bearer one' });
  expect(await credentials.renew({ authorization: 'Bearer one' })).toBeUndefined();
  writeFileSync(path, 'two\n');
  expect(await credentials.current()).toEqual({ authorization: 'Bearer two' });
  expect(await credentials.renew({ authorization: 'Bearer one' })).toEqual({ authorization: 'Bearer two' });
  rmSync(path);
  expect(await credentials.current()).toEqual({ authorization: 'Bearer old' });
  await expect(credential(simple, '{tokenFile: nowhere}')).rejects.toThrow(
    `token file ${join(folder, 'sub/nowhere')} does not exist`,
  );
});

test('a client certificate that was renewed on disk is found after a 401', async () => {
  const [cert] = [file('sub/me.crt', 'C1'), file('sub/me.key', 'K1')];
  const { credentials } = load(
    context(file('sub/config', config(simple, '{client-certificate: me.crt, client-key: me.key}'))),
  ).target;
  const first = await credentials.current();
  expect(await credentials.renew(first)).toBeUndefined();
  writeFileSync(cert, 'C2');
  expect(await credentials.current()).toEqual(first);
  expect(await credentials.renew(first)).toEqual({ cert: 'C2', key: 'K1' });
});

test('what is not supported or makes no sense is said', () => {
  const message = (cluster: string, user: string) =>
    problem(() => load(context(file('config', config(cluster, user))))).message.replace(folder, '');
  expect(message(simple, '{token: t, as: admin}')).toBe(
    'user "a" in /config impersonates another (as), which is not supported',
  );
  expect(message(simple, '{token: t, as-groups: [x]}')).toBe(
    'user "a" in /config impersonates another (as-groups), which is not supported',
  );
  expect(message(simple, '{auth-provider: {name: gcp}}')).toBe(
    'user "a" in /config uses an auth-provider, which is not supported',
  );
  expect(message(simple, '{exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: x}}')).toContain(
    'of apiVersion "client.authentication.k8s.io/v1alpha1"',
  );
  expect(message(simple, '{exec: {apiVersion: client.authentication.k8s.io/v1}}')).toContain('without command');
  expect(message(simple, '{client-key: x}')).toContain('a key without certificate');
  expect(message('{server: "https://api", proxy-url: "socks5://p:1"}', '{}')).toBe(
    'proxy-url names a SOCKS proxy, which is not supported',
  );
  expect(
    message(
      `{server: "https://api", insecure-skip-tls-verify: true, certificate-authority-data: ${base64('x')}}`,
      '{}',
    ),
  ).toContain('remove one');
  expect(message('{}', '{}')).toContain('without server');
  expect(message('{server: "https://api", certificate-authority: gone.pem}', '{}')).toBe(
    'CA file /gone.pem cannot be read',
  );
  expect(message('{server: "https://[api"}', '{}')).toBe('the server "https://[api" is not a URL');
});

test('a missing context names the nearest one', () => {
  const path = file('config', config(simple, '{}', 'pay-eu-01'));
  expect(problem(() => load(context(path, 'pay-eu-1')))).toMatchObject({
    kind: 'auth',
    retryable: false,
    message: `context "pay-eu-1" is not in ${path}`,
    next: 'did you mean "pay-eu-01"?',
  });
  expect(problem(() => load(context(path, 'something-else')))).toMatchObject({ next: undefined });
  const dangling = file('dangling', 'contexts: [{name: a, context: {cluster: gone}}, {name: b, context: {}}]');
  expect(problem(() => load(context(dangling))).message).toContain('names the cluster "gone", which is not there');
  expect(problem(() => load(context(dangling, 'b'))).message).toContain('names no cluster');
});

test('a file that is missing, no YAML or no kubeconfig is named, never quoted', () => {
  expect(problem(() => load(context(join(folder, 'gone')))).message).toBe(`kubeconfig ${folder}/gone does not exist`);
  const broken = file('broken', 'users:\n- name: a\n  user: {token: SECRET\n- x');
  const error = problem(() => load(context(broken)));
  expect(error.message).toMatch(/broken is no YAML \(line \d\)$/);
  expect(JSON.stringify([error.message, String(error.cause)])).not.toContain('SECRET');
  expect(problem(() => load(context(file('deployment', 'kind: Deployment')))).message).toContain(
    'is no kubeconfig but a Deployment',
  );
  expect(problem(() => load(context(file('twice', 'contexts: [{name: a}, {name: a}]')))).message).toContain(
    'two entries named "a" in contexts',
  );
});

test('KUBECONFIG may list several: the first of equal names wins, missing ones are skipped', () => {
  const one = file('one', config('{server: "https://one"}', '{}'));
  const two = file('two', config('{server: "https://two"}', '{}'));
  const three = file('three', config('{server: "https://three"}', '{}', 'c'));
  const variables = { KUBECONFIG: [one, join(folder, 'gone'), two, three, ''].join(delimiter) };
  const standard = (name: string): Access => ({ via: 'kubeconfig', context: name, insideFleetFolder: false });
  expect(load(standard('a'), { variables }).endpoint.server).toBe('https://one');
  expect(load(standard('c'), { variables }).endpoint.server).toBe('https://three');
  expect(problem(() => load(standard('a'))).message).toBe(`kubeconfig ${folder}/.kube/config does not exist`);
  file('.kube/config', config('{server: "https://home"}', '{}'));
  expect(load(standard('a')).endpoint.server).toBe('https://home');
});

test('an exec plugin: relative to the kubeconfig, with cluster information when it asks for it', async () => {
  const script = file(
    'sub/bin/plugin',
    '#!/bin/sh\nprintf \'{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s"}}\' "$(printf %s "$KUBERNETES_EXEC_INFO" | sed \'s/.*"server":"\\([^"]*\\)".*/\\1/\')"\n',
  );
  chmodSync(script, 0o755);
  const exec =
    '{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./bin/plugin, interactiveMode: IfAvailable, provideClusterInfo: true, args: [x], env: [{name: A, value: b}]}}';
  expect(await credential(simple, exec, { variables: process.env })).toEqual({
    authorization: 'Bearer https://api:6443',
  });
});

test("a kubeconfig inside the fleet's folder may start no program", () => {
  const exec = '{exec: {apiVersion: client.authentication.k8s.io/v1, command: /bin/true}}';
  const path = file('config', config(simple, exec));
  const error = problem(() => load(context(path, 'a', true)));
  expect(error).toMatchObject({
    kind: 'auth',
    message: expect.stringContaining("uses an exec plugin, but the file lies inside the fleet's folder"),
  });
  expect(load(context(path)).endpoint.server).toBe('https://api:6443');
  expect(load(context(file('harmless', config(simple, '{token: t}')), 'a', true)).endpoint.server).toBe(
    'https://api:6443',
  );
});

test('in a cluster: the ServiceAccount, its token read at each use', async () => {
  const [token] = [file('sa/token', 't1'), file('sa/ca.crt', 'CA')];
  const options = {
    serviceAccountFolder: join(folder, 'sa'),
    variables: { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' },
  };
  const { target, endpoint } = load({ via: 'in-cluster' }, options);
  expect(endpoint).toEqual({ server: 'https://[fd00::1]:443', ca: 'CA' });
  expect(await target.credentials.current()).toEqual({ authorization: 'Bearer t1' });
  writeFileSync(token, 't2');
  expect(await target.credentials.current()).toEqual({ authorization: 'Bearer t2' });
  expect(problem(() => load({ via: 'in-cluster' })).message).toContain('does not run in a cluster');
});

test('a server with a CA and a token file', async () => {
  const [caFile, tokenFile] = [file('ca', 'CA'), file('t', 'tok\n')];
  const { target, endpoint } = load({ via: 'server', server: 'https://api', caFile, tokenFile });
  expect(endpoint).toEqual({ server: 'https://api', ca: 'CA' });
  expect(await target.credentials.current()).toEqual({ authorization: 'Bearer tok' });
  expect(load({ via: 'server', server: 'https://api', tokenFile }).endpoint).toEqual({ server: 'https://api' });
});

test('thousands of contexts in one file are looked up without reading it again', () => {
  const names = Array.from({ length: 2_000 }, (_, index) => `member-${index}`);
  const lists = (entry: (name: string) => string) => names.map((name) => `- ${entry(name)}`).join('\n');
  const path = file(
    'big',
    `clusters:\n${lists((n) => `{name: ${n}, cluster: {server: "https://${n}"}}`)}\ncontexts:\n${lists((n) => `{name: ${n}, context: {cluster: ${n}}}`)}\n`,
  );
  const environment = kubeEnvironment({ variables: {}, homeFolder: folder, terminal: false });
  loadAccess(context(path, 'member-0'), environment);
  rmSync(path);
  expect(names.map((name) => loadAccess(context(path, name), environment).endpoint.server)).toEqual(
    names.map((name) => `https://${name}`),
  );
});
