import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ExecPlugins } from '../../src/kube/exec.ts';
import type { ExecCommand } from '../../src/kube/exec-run.ts';
import { errorOf } from './scripted.ts';

let folder: string;
let now = Date.parse('2026-11-21T06:00:00Z');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-exec-'));
  now = Date.parse('2026-11-21T06:00:00Z');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A plugin that leaves one line in `runs` per run and then does what `body` says. */
function plugin(body: string, name = 'plugin'): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\necho run >> "${folder}/runs"\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

const runs = (): number => readFileSync(join(folder, 'runs'), 'utf8').split('\n').length - 1;

/** A process that has ended and that nobody has waited for yet is not alive either. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

const printing = (status: Record<string, string>, apiVersion = 'client.authentication.k8s.io/v1'): string =>
  `cat <<'EOF'\n${JSON.stringify({ apiVersion, kind: 'ExecCredential', status })}\nEOF`;

const command = (path: string, more: Partial<ExecCommand> = {}): ExecCommand => ({
  apiVersion: 'client.authentication.k8s.io/v1',
  command: path,
  args: [],
  env: {},
  interactive: false,
  ...more,
});

const plugins = (more: { terminal?: boolean; parallel?: number; timeoutMs?: number } = {}): ExecPlugins =>
  new ExecPlugins({ variables: process.env, terminal: false, now: () => now, parallel: 2, timeoutMs: 5_000, ...more });

test('a plugin runs once for all clusters and requests that use the same command', async () => {
  const path = plugin(printing({ token: 't-1' }));
  const shared = plugins();
  const credentials = Array.from({ length: 6 }, () => shared.credentials(command(path)));
  const all = await Promise.all(credentials.map((each) => each.current()));
  expect(new Set(all.map((each) => each.authorization))).toEqual(new Set(['Bearer t-1']));
  await credentials[0]?.current();
  expect(runs()).toBe(1);
  await shared.credentials(command(path, { args: ['other'] })).current();
  await shared.credentials(command(path, { env: { A: 'b' } })).current();
  await shared.credentials(command(path, { cluster: { server: 'https://a' } })).current();
  expect(runs()).toBe(4);
});

test('it is told what it may know, and gets its own environment', async () => {
  const path = plugin(
    `printf '%s' "$KUBERNETES_EXEC_INFO" > "${folder}/info"; printf '%s %s' "$A" "$1" > "${folder}/env"\n${printing({ token: 't' })}`,
  );
  await plugins()
    .credentials(command(path, { args: ['x y'], env: { A: 'b' }, cluster: { server: 'https://a' } }))
    .current();
  expect(JSON.parse(readFileSync(join(folder, 'info'), 'utf8'))).toEqual({
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    spec: { interactive: false, cluster: { server: 'https://a' } },
  });
  expect(readFileSync(join(folder, 'env'), 'utf8')).toBe('b x y');
});

test('a credential is renewed shortly before it expires', async () => {
  const credentials = plugins().credentials(
    command(plugin(printing({ token: 't', expirationTimestamp: '2026-11-21T06:10:00Z' }))),
  );
  await credentials.current();
  now = Date.parse('2026-11-21T06:09:29Z');
  await credentials.current();
  expect(runs()).toBe(1);
  now = Date.parse('2026-11-21T06:09:31Z');
  await credentials.current();
  expect(runs()).toBe(2);
});

test('a 401 runs it again, once for all, unless the credential is fresh', async () => {
  const shared = plugins();
  const path = plugin(
    `cat <<EOF\n{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"t-$(wc -l < "${folder}/runs")"}}\nEOF`,
  );
  const [one, two] = [shared.credentials(command(path)), shared.credentials(command(path))];
  const first = await one.current();
  expect(first.authorization).toBe('Bearer t-1');
  expect(await one.renew(first)).toBeUndefined();
  now += 60_000;
  const renewed = await Promise.all([one.renew(first), two.renew(first)]);
  expect(renewed.map((each) => each?.authorization)).toEqual(['Bearer t-2', 'Bearer t-2']);
  expect(runs()).toBe(2);
  expect((await two.renew(first))?.authorization).toBe('Bearer t-2');
  expect(runs()).toBe(2);
});

test('no more run at once than allowed', async () => {
  const body = `mkdir "${folder}/busy-$1" ; ls -d "${folder}"/busy-* | wc -l >> "${folder}/width"; sleep 0.05; rmdir "${folder}/busy-$1"\n${printing({ token: 't' })}`;
  const shared = plugins({ parallel: 2 });
  const path = plugin(body);
  await Promise.all(
    Array.from({ length: 6 }, (_, index) => shared.credentials(command(path, { args: [`${index}`] })).current()),
  );
  const widths = readFileSync(join(folder, 'width'), 'utf8').trim().split('\n').map(Number);
  expect(widths).toHaveLength(6);
  expect(Math.max(...widths)).toBeLessThanOrEqual(2);
});

test('certificates come through', async () => {
  const path = plugin(printing({ clientCertificateData: 'CERT', clientKeyData: 'KEY' }));
  expect(await plugins().credentials(command(path)).current()).toEqual({ cert: 'CERT', key: 'KEY' });
});

test('what goes wrong is told in one line, without what the plugin printed', async () => {
  const failing = async (body: string, more: Partial<ExecCommand> = {}) => {
    const path = plugin(body);
    const error = await errorOf(plugins({ timeoutMs: 300 }).credentials(command(path, more)).current());
    expect(error.kind).toBe('auth');
    return error.message.replace(path, 'P');
  };
  expect(await failing('echo ignored >&2; echo "run sso login first" >&2; exit 3')).toBe(
    'exec plugin P exited 3: run sso login first',
  );
  expect(await failing(`echo "bad token eyJhbGciOi.SECRET.x and ${'s'.repeat(80)}" >&2; exit 1`)).toBe(
    'exec plugin P exited 1: bad token … and …',
  );
  expect(await failing('echo SECRET')).toBe('exec plugin P did not print an ExecCredential');
  expect(await failing(printing({ token: 't' }, 'client.authentication.k8s.io/v1beta1'))).toBe(
    'exec plugin P answered in another apiVersion than client.authentication.k8s.io/v1',
  );
  expect(await failing(printing({}))).toBe('exec plugin P gave neither token nor certificate');
  expect(await failing(printing({ clientCertificateData: 'C' }))).toBe(
    'exec plugin P gave a certificate without key, or a key without certificate',
  );
  expect(await failing('exec sleep 5')).toBe('exec plugin P gave no answer within 0.3 s');
  const missing = plugins().credentials(command('no-such-plugin', { installHint: 'install it from there' }));
  expect(await errorOf(missing.current())).toMatchObject({
    kind: 'auth',
    message: 'exec plugin no-such-plugin is not installed',
    next: 'install it from there',
  });
});

test('a plugin that waits for a child of its own is given up in time, and the child ends with it', {
  timeout: 3_000,
}, async () => {
  const path = plugin(`sleep 20 &\necho $! > "${folder}/child"\nwait`);
  const error = await errorOf(plugins({ timeoutMs: 300 }).credentials(command(path)).current());
  expect(error.message).toBe(`exec plugin ${path} gave no answer within 0.3 s`);
  const child = Number(readFileSync(join(folder, 'child'), 'utf8'));
  await expect.poll(() => isAlive(child)).toBe(false);
});

test('nor does a child of a plugin that talks to a person hold up the answer', { timeout: 3_000 }, async () => {
  const path = plugin(`sleep 5 2> /dev/null &\nwait`);
  const interactive = plugins({ terminal: true, timeoutMs: 60 }).credentials(command(path, { interactive: true }));
  expect((await errorOf(interactive.current())).message).toBe(`exec plugin ${path} gave no answer within 0.3 s`);
});

test("a failure is every request's for a while: a plugin that fails is not run for each of them", async () => {
  const path = plugin('exit 1');
  const shared = plugins();
  const first = await errorOf(shared.credentials(command(path)).current());
  now += 9_000;
  expect(await errorOf(shared.credentials(command(path)).current())).toBe(first);
  expect(runs()).toBe(1);
});

test('some time after a failure the next request tries again', async () => {
  const path = plugin(`[ -e "${folder}/ok" ] || exit 1\n${printing({ token: 't' })}`);
  const credentials = plugins().credentials(command(path));
  await errorOf(credentials.current());
  writeFileSync(join(folder, 'ok'), '');
  now += 10_000;
  expect((await credentials.current()).authorization).toBe('Bearer t');
});

test('a plugin that must talk to a person is refused where there is none', () => {
  expect(() => plugins().credentials(command('x', { interactive: true }))).toThrow(
    'exec plugin x needs a terminal (interactiveMode: Always)',
  );
  expect(plugins({ terminal: true }).credentials(command('x', { interactive: true }))).toBeDefined();
});
