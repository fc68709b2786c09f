import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { administrator, createAuthority } from '../../src/sandbox/server/authority.ts';
import { type Bed, fleetText, type Kubeconfig, startBed } from './bed.ts';

let bed: Bed;
let before: string;
const servers: Server[] = [];

beforeAll(async () => {
  bed = await startBed({ members: ['edge-1', 'edge-2'], actors: false });
  await bed.write('fleet.yaml', fleetText(['edge-1', 'edge-2']));
  before = await bed.everything();
});
afterEach(async () => {
  bed.fault = () => undefined;
  await bed.restore();
  for (const server of servers.splice(0)) server.close();
});
afterAll(() => bed.close());

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** @returns a change of the kubeconfig that merges fields into the cluster and the user of one context */
const entry =
  (context: string, cluster: Record<string, unknown>, user: Record<string, unknown> = {}) =>
  (config: Kubeconfig): void => {
    for (const one of config.clusters) if (one.name === context) Object.assign(one.cluster, cluster);
    for (const one of config.users) if (one.name === context) Object.assign(one.user, user);
  };

async function port(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Somebody who is no API server: speaks TLS with a CA that the kubeconfig trusts, and answers with a page. */
async function proxyPage(status: number): Promise<Record<string, unknown>> {
  const authority = await createAuthority({ now: Date.now, random: Math.random });
  const { certificate: cert, key } = await authority.serving();
  const server = createHttps({ cert, key }, (_request, response) => {
    response.writeHead(status, { 'content-type': 'text/html' });
    response.end('<!doctype html><html><body>Sign in to continue, token=s3cr3t</body></html>');
  });
  return { server: `https://127.0.0.1:${await port(server)}`, 'certificate-authority-data': base64(authority.ca) };
}

async function expiredCertificate(): Promise<Record<string, unknown>> {
  const past = Date.parse('2024-01-01T00:00:00Z');
  const authority = await createAuthority({ now: () => past, random: Math.random });
  const { certificate, key } = await authority.client(administrator);
  return { 'client-certificate-data': base64(certificate), 'client-key-data': base64(key) };
}

/** A listener that takes connections and never says anything. */
const blackhole = (): Promise<number> => port(createServer());

interface Case {
  readonly what: string;
  readonly breaks: (context: string) => Promise<(config: Kubeconfig) => void>;
  readonly reason: (context: string) => RegExp;
  readonly next?: RegExp;
}

const cases: readonly Case[] = [
  {
    what: 'a missing context',
    breaks: async (context) => (config) => {
      for (const one of config.contexts) if (one.name === context) one.name = `${context}x`;
    },
    reason: (context) => new RegExp(`context "${context}" is not in .*kubeconfig`),
    next: /did you mean "(hub|edge-1)x"\?/,
  },
  {
    what: 'a context that names no cluster',
    breaks: async (context) => (config) => {
      for (const one of config.contexts) if (one.name === context) one.context.cluster = 'gone';
    },
    reason: (context) => new RegExp(`context "${context}" in .* names the cluster "gone", which is not there`),
  },
  {
    what: 'an expired client certificate',
    breaks: async (context) => entry(context, {}, await expiredCertificate()),
    reason: () => /401, .*certificate.*expired.*202[45]/,
  },
  {
    what: 'a token that the server does not know',
    breaks: async (context) => (config) => {
      for (const one of config.users) if (one.name === context) one.user = { token: 'not-a-token' };
    },
    reason: () => /401, the server does not know this credential/,
  },
  {
    what: 'a page instead of the API server',
    breaks: async (context) => entry(context, await proxyPage(200)),
    reason: () => /got an HTML page \(HTTP 200\) instead of an answer of an API server/,
    next: /check the server address and the proxies on the way/,
  },
  {
    what: "a proxy's page that says 401",
    breaks: async (context) => entry(context, await proxyPage(401)),
    reason: () => /got an HTML page \(HTTP 401\) instead of an answer of an API server/,
  },
  {
    what: 'a name that is not in the DNS',
    breaks: async (context) => entry(context, { server: 'https://no-such-cluster.invalid:6443' }),
    reason: () => /lookup no-such-cluster\.invalid failed/,
  },
  {
    what: 'a wrong CA',
    breaks: async (context) => {
      const { ca } = await createAuthority({ now: Date.now, random: Math.random });
      return entry(context, { 'certificate-authority-data': base64(ca) });
    },
    reason: () => /certificate of 127\.0\.0\.1 is not signed by the configured CA/,
    next: /compare the CA in the kubeconfig with that of the server/,
  },
  {
    what: 'a refused connection',
    breaks: async (context) => entry(context, { server: 'https://127.0.0.1:1' }),
    reason: () => /connect 127\.0\.0\.1:1 refused/,
  },
  {
    what: 'a server that never answers',
    breaks: async (context) => entry(context, { server: `https://127.0.0.1:${await blackhole()}` }),
    reason: () => /TLS handshake with 127\.0\.0\.1:\d+ timed out after 5 s/,
  },
];

const flat = (text: string): string => text.replace(/\s+/g, ' ');

describe('a member that cannot be reached is blocked, and the others are planned', () => {
  test.each(cases)('$what', async ({ breaks, reason, next }) => {
    await bed.kubeconfig(await breaks('edge-1'));
    const started = performance.now();
    const ran = await bed.rollcall(['plan', '--detailed-exitcode']);
    // Its own connect timeout of 5 s is all that it may cost.
    expect(performance.now() - started).toBeLessThan(8000);
    expect(ran.code).toBe(5);
    expect(flat(ran.out)).toContain('BLOCKED 1 ? hub/edge-1');
    expect(flat(ran.out)).toMatch(reason('edge-1'));
    if (next !== undefined) expect(flat(ran.out)).toMatch(next);
    expect(ran.out).toContain('+ join   hub/edge-2');
    expect(ran.out).not.toContain('s3cr3t');
    expect(await bed.everything()).toBe(before);
  });
});

describe('a hub that cannot be reached ends with 6, and nothing is changed', () => {
  // A silent one costs its whole timeout: once, above, is enough.
  test.each(cases.filter(({ what }) => what !== 'a server that never answers'))(
    '$what',
    async ({ breaks, reason, next }) => {
      await bed.kubeconfig(await breaks('hub'));
      const ran = await bed.rollcall(['apply', '--yes']);
      expect(ran.code).toBe(6);
      expect(flat(ran.out)).toMatch(reason('hub'));
      if (next !== undefined) expect(flat(ran.out)).toMatch(next);
      expect(ran.out).not.toContain('s3cr3t');
      expect(await bed.everything()).toBe(before);
    },
  );
});

describe('the kubeconfig as a whole', () => {
  test('is missing', async () => {
    await rm(bed.env['KUBECONFIG'] ?? '');
    const ran = await bed.rollcall(['plan']);
    expect(ran.code).toBe(6);
    expect(flat(ran.out)).toContain(`kubeconfig ${join(bed.folder, 'kubeconfig')} does not exist`);
    expect(flat(ran.out)).toContain('set KUBECONFIG, or access.kubeconfig in the fleet file');
  });

  test('is broken, and nothing of it is quoted', async () => {
    await bed.write('kubeconfig', 'users: [{ name: a, user: { token: s3cr3t }\n');
    const ran = await bed.rollcall(['plan']);
    expect(ran.code).toBe(6);
    expect(flat(ran.out)).toMatch(/kubeconfig is no YAML \(line \d\)/);
    expect(ran.out + ran.err).not.toContain('s3cr3t');
  });

  test('of one member is missing: the others are planned', async () => {
    await bed.write('one.yaml', fleetText(['{ name: edge-1, access: { kubeconfig: nowhere.yaml } }', 'edge-2']));
    const ran = await bed.rollcall(['plan', '--detailed-exitcode', '-f', 'one.yaml']);
    expect(ran.code).toBe(5);
    expect(flat(ran.out)).toContain(`kubeconfig ${join(bed.folder, 'nowhere.yaml')} does not exist`);
    expect(ran.out).toContain('+ join   hub/edge-2');
  });
});

test('a dead member delays no other, and --timeout bounds the whole', async () => {
  await bed.kubeconfig(entry('edge-1', { server: `https://127.0.0.1:${await blackhole()}` }));
  const started = performance.now();
  const ran = await bed.rollcall(['apply', '--yes', '--timeout', '500ms']);
  expect(performance.now() - started).toBeLessThan(3000);
  expect(ran).toEqual({
    code: 5,
    out: '',
    err: 'not everything could be read within the 0.5 s of --timeout; nothing was changed\n  next: give it more time, or select fewer members\n',
  });
  expect(await bed.everything()).toBe(before);
});
