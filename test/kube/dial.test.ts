import { createServer as createHttp } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { expect, test } from 'vitest';
import { fixedCredentials } from '../../src/kube/credentials.ts';
import type { Target } from '../../src/kube/transport.ts';
import { testAuthority } from './authority.ts';
import { makeBed } from './bed.ts';
import { errorOf } from './scripted.ts';
import { answer } from './servers.ts';

const bed = makeBed();

test('an HTTP proxy is asked for a tunnel, with its credentials', async () => {
  const server = await bed.serving((_, response) => answer(response, 200, {}));
  const proxy = await bed.proxying();
  const raw = bed.connecting(server.url, { proxy: new URL(`http://me:p%40ss@127.0.0.1:${proxy.port}`) });
  expect((await raw.send({ method: 'GET', path: '/' })).status).toBe(200);
  expect(proxy.asked).toEqual([`127.0.0.1:${server.port}`]);
  expect(proxy.authorizations).toEqual([`Basic ${Buffer.from('me:p@ss').toString('base64')}`]);
});

test('a proxy that is spoken to by TLS', async () => {
  const server = await bed.serving((_, response) => answer(response, 200, {}));
  const proxy = await bed.proxying({ pair: bed.pair });
  const raw = bed.connecting(server.url, { proxy: new URL(`https://127.0.0.1:${proxy.port}`) });
  const all = await Promise.all([1, 2].map(() => raw.send({ method: 'GET', path: '/' })));
  expect(all.map((each) => each.status)).toEqual([200, 200]);
  expect(proxy.asked).toEqual([`127.0.0.1:${server.port}`]);
});

test('a server without TLS', async () => {
  const plain = createHttp((_, response) => answer(response, 200, { plain: true })).listen(0, '127.0.0.1');
  const port = await listeningPort(plain);
  bed.closing.push(async () => void plain.close());
  expect((await bed.connecting(`http://127.0.0.1:${port}`).send({ method: 'GET', path: '/' })).body).toBe(
    '{"plain":true}',
  );
});

test.each([
  [407, 'auth', 'wants other credentials (HTTP 407)'],
  [403, 'unreachable', 'gives no tunnel to 127.0.0.1:1 (HTTP 403)'],
] as const)('a proxy that answers %s is named', async (status, kind, text) => {
  const proxy = await bed.proxying({ status });
  const raw = bed.connecting('https://127.0.0.1:1', { proxy: new URL(`http://127.0.0.1:${proxy.port}`) });
  const error = await errorOf(raw.send({ method: 'GET', path: '/' }));
  expect(error).toMatchObject({ kind, message: `proxy 127.0.0.1:${proxy.port} ${text}` });
});

test('what does not come about is told in one sentence', async () => {
  const server = await bed.serving((_, response) => answer(response, 200, {}));
  const stranger = await testAuthority('CN=stranger');
  const get = (url: string, target: Partial<Target> = {}) =>
    errorOf(bed.connecting(url, target).send({ method: 'GET', path: '/' }));
  expect(await get(server.url, { ca: stranger.ca })).toMatchObject({
    kind: 'tls',
    message: 'certificate of 127.0.0.1 is not signed by the configured CA',
  });
  expect(await get(server.url, { tlsServerName: 'other.test' })).toMatchObject({
    kind: 'tls',
    message: 'certificate of 127.0.0.1 is for other names',
  });
  expect(await get('https://127.0.0.1:1')).toMatchObject({
    kind: 'unreachable',
    message: 'connect 127.0.0.1:1 refused',
  });
  expect(await get('https://edge-7.invalid')).toMatchObject({
    kind: 'unreachable',
    message: expect.stringMatching(/^lookup edge-7.invalid failed: /),
  });
  const garbage = createServer((socket) => socket.on('error', () => undefined).end('hello, this is SMTP\r\n')).listen(
    0,
    '127.0.0.1',
  );
  bed.closing.push(async () => void garbage.close());
  const port = await listeningPort(garbage);
  expect(await get(`https://127.0.0.1:${port}`)).toMatchObject({
    kind: 'tls',
    message: `127.0.0.1:${port} does not speak TLS`,
  });
});

const listeningPort = (server: Server): Promise<number> =>
  new Promise((resolve) => server.once('listening', () => resolve((server.address() as AddressInfo).port)));

test('tls-server-name is what the certificate is checked for; insecure checks nothing', async () => {
  const server = await bed.serving((_, response) => answer(response, 200, {}), {
    pair: await bed.authority.server(['api.test']),
  });
  expect(
    (await bed.connecting(server.url, { tlsServerName: 'api.test' }).send({ method: 'GET', path: '/' })).status,
  ).toBe(200);
  expect((await bed.connecting(server.url, { insecure: true }).send({ method: 'GET', path: '/' })).status).toBe(200);
  expect(await errorOf(bed.connecting(server.url).send({ method: 'GET', path: '/' }))).toMatchObject({ kind: 'tls' });
});

test('a server that accepts and then keeps silent is a timeout that says in which phase', async () => {
  const silent = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
  const port = await listeningPort(silent);
  bed.closing.push(async () => void silent.close());
  const raw = bed.connecting(`https://127.0.0.1:${port}`, {}, { connectTimeoutMs: 100 });
  const errors = await Promise.all([1, 2].map(() => errorOf(raw.send({ method: 'GET', path: '/' }))));
  for (const error of errors) {
    expect(error).toMatchObject({
      kind: 'timeout',
      retryable: false,
      message: `TLS handshake with 127.0.0.1:${port} timed out after 0.1 s`,
    });
  }
});

test('a client certificate is shown; an expired one is blamed before the server', async () => {
  const server = await bed.serving((_, response) => answer(response, 200, {}), { clientCa: bed.authority.ca });
  const good = await bed.authority.client('CN=me');
  expect(
    (await bed.connecting(server.url, { credentials: fixedCredentials(good) }).send({ method: 'GET', path: '/' }))
      .status,
  ).toBe(200);
  const old = await bed.authority.client('CN=me', {
    notBefore: new Date('2026-01-01'),
    notAfter: new Date('2026-11-18T10:00:00Z'),
  });
  const error = await errorOf(
    bed.connecting(server.url, { credentials: fixedCredentials(old) }).send({ method: 'GET', path: '/' }),
  );
  expect(error).toMatchObject({ kind: 'auth', message: 'client certificate expired 2026-11-18' });
  const none = await errorOf(bed.connecting(server.url).send({ method: 'GET', path: '/' }));
  expect(none).toMatchObject({ kind: 'tls', message: expect.stringContaining('refused the TLS handshake') });
});

test('closing does not wait for a connection that does not come about', async () => {
  let accepted = 0;
  const silent = createServer((socket) => {
    accepted += 1;
    socket.on('error', () => undefined);
  }).listen(0, '127.0.0.1');
  const port = await listeningPort(silent);
  bed.closing.push(async () => void silent.close());
  const raw = bed.connecting(`https://127.0.0.1:${port}`, {}, { connectTimeoutMs: 300 });
  const waiting = errorOf(raw.send({ method: 'GET', path: '/' }));
  await expect.poll(() => accepted).toBe(1);
  await raw.close();
  expect((await waiting).kind).toBe('timeout');
  await expect(raw.send({ method: 'GET', path: '/' })).rejects.toThrow('after its connection was closed');
});
