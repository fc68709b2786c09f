import { type AddressInfo, createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Credentials, fixedCredentials } from '../../src/kube/credentials.ts';
import { SecureContexts } from '../../src/kube/secure-contexts.ts';
import { connectRaw, type Target, type Transport, type TransportOptions } from '../../src/kube/transport.ts';
import { ClusterError } from '../../src/model/errors.ts';
import { type Pair, type TestAuthority, testAuthority } from './authority.ts';
import { answer, connectProxy, serve, serveHttp1, type TestServer } from './servers.ts';

let authority: TestAuthority;
let pair: Pair;
const contexts = new SecureContexts();
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  authority = await testAuthority();
  pair = await authority.server(['127.0.0.1', 'api.test']);
});
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});
afterAll(() => expect(closing).toEqual([]));

async function serving(...parameters: Parameters<typeof serve>): Promise<TestServer> {
  const server = await serve(...parameters);
  closing.push(server.close);
  return server;
}

async function servingHttp1(handler: Parameters<typeof serveHttp1>[1]): Promise<TestServer> {
  const server = await serveHttp1(pair, handler);
  closing.push(server.close);
  return server;
}

function connecting(url: string, target: Partial<Target> = {}, options: Partial<TransportOptions> = {}): Transport {
  const raw = connectRaw(
    { server: new URL(url), ca: authority.ca, insecure: false, credentials: fixedCredentials({}), ...target },
    { contexts, now: () => Date.now(), ...options },
  );
  closing.push(() => raw.close());
  return raw;
}

async function errorOf(promise: Promise<unknown>): Promise<ClusterError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ClusterError)) throw new Error(`no ClusterError but ${String(error)}`, { cause: error });
  return error;
}

test('requests in parallel share one HTTP/2 connection that the first one opens', async () => {
  const server = await serving(pair, (request, response) => answer(response, 200, { path: request.url }));
  const raw = connecting(`${server.url}/k8s/clusters/c-1/`);
  expect(raw.connections).toBe(0);
  const answers = await Promise.all(['/a', '/b?x=1', '/c'].map((path) => raw.send({ method: 'GET', path })));
  expect(answers.map((each) => JSON.parse(each.body).path)).toEqual([
    '/k8s/clusters/c-1/a',
    '/k8s/clusters/c-1/b?x=1',
    '/k8s/clusters/c-1/c',
  ]);
  expect(server.connections()).toBe(1);
  expect(raw.connections).toBe(1);
  expect(server.sessions).toHaveLength(1);
});

test('no Accept-Encoding is sent, the credential and the body are', async () => {
  const server = await serving(pair, (request, response, body) =>
    answer(response, 200, {
      encoding: request.headers['accept-encoding'] ?? null,
      authorization: request.headers.authorization,
      body,
    }),
  );
  const raw = connecting(server.url, { credentials: fixedCredentials({ authorization: 'Bearer abc' }) });
  const { body } = await raw.send({ method: 'POST', path: '/', body: 'hello ü' });
  expect(JSON.parse(body)).toEqual({ encoding: null, authorization: 'Bearer abc', body: 'hello ü' });
});

test('a server without HTTP/2 is spoken to by HTTP/1.1 on one connection, a watch takes one more', async () => {
  const server = await servingHttp1((request, response) => {
    if (request.url !== '/watch')
      return answer(response, 200, { path: request.url, encoding: request.headers['accept-encoding'] ?? null });
    response.write('{"n":1}\n{"n"');
    response.end(':2}\n');
  });
  const raw = connecting(server.url);
  const answers = await Promise.all(['/a', '/b', '/c'].map((path) => raw.send({ method: 'GET', path })));
  expect(answers.map((each) => JSON.parse(each.body))).toEqual(
    ['/a', '/b', '/c'].map((path) => ({ path, encoding: null })),
  );
  expect(server.connections()).toBe(1);
  const { status, lines } = await raw.stream({ method: 'GET', path: '/watch' });
  const got: string[] = [];
  for await (const line of lines) got.push(line);
  expect({ status, got }).toEqual({ status: 200, got: ['{"n":1}', '{"n":2}'] });
  expect(server.connections()).toBe(2);
});

test('a connection that breaks before the answer is an error', async () => {
  const servers = [
    await serving(pair, (request) => request.stream.session?.socket.destroy()),
    await servingHttp1((request) => request.socket.destroy()),
  ];
  for (const { url, port } of servers) {
    const error = await errorOf(connecting(url).send({ method: 'GET', path: '/' }));
    const message = `connection to 127.0.0.1:${port} was closed before the answer was complete`;
    expect(error).toMatchObject({ kind: 'unreachable', retryable: true, message });
  }
});

test('a body that is cut off is an error over HTTP/1.1 too, and the next request gets a new connection', async () => {
  const server = await servingHttp1((request, response) => {
    if (request.url !== '/cut') {
      answer(response, 200, {});
      return;
    }
    response.writeHead(200, { 'content-length': '100' });
    response.write('{"half":', () => request.socket.destroy());
  });
  const raw = connecting(server.url);
  expect(await errorOf(raw.send({ method: 'GET', path: '/cut' }))).toMatchObject({
    kind: 'unreachable',
    retryable: true,
  });
  expect((await raw.send({ method: 'GET', path: '/' })).status).toBe(200);
});

test('a timeout and an abort over HTTP/1.1', async () => {
  const server = await servingHttp1(() => undefined);
  const late = errorOf(connecting(server.url, {}, { requestTimeoutMs: 80 }).send({ method: 'GET', path: '/' }));
  expect(await late).toMatchObject({
    kind: 'timeout',
    message: `no answer from 127.0.0.1:${server.port} within 0.1 s`,
  });
  const stop = new AbortController();
  const aborted = connecting(server.url).send({ method: 'GET', path: '/', signal: stop.signal });
  await expect.poll(() => server.seen.length).toBe(2);
  stop.abort(new Error('enough'));
  await expect(aborted).rejects.toThrow('enough');
});

test('a session that is destroyed without a word is an error', async () => {
  const server = await serving(pair, (request) => request.stream.session?.destroy());
  expect(await errorOf(connecting(server.url).send({ method: 'GET', path: '/' }))).toMatchObject({
    kind: 'unreachable',
    retryable: true,
  });
});

test('after that the next requests open one new connection for all of them', async () => {
  let broken = true;
  const server = await serving(pair, (request, response) => {
    if (broken) request.stream.session?.destroy();
    else answer(response, 200, {});
  });
  const raw = connecting(server.url);
  await errorOf(raw.send({ method: 'GET', path: '/' }));
  broken = false;
  const statuses = await Promise.all([1, 2, 3].map(async () => (await raw.send({ method: 'GET', path: '/' })).status));
  expect(statuses).toEqual([200, 200, 200]);
  expect(raw.connections).toBe(2);
});

test('a body shorter than its content-length is an error', async () => {
  const server = await serving(pair, (_, response) => {
    response.stream.respond({ ':status': 200, 'content-length': '100' });
    response.stream.end('{"half":');
  });
  expect(await errorOf(connecting(server.url).send({ method: 'GET', path: '/' }))).toMatchObject({
    kind: 'unreachable',
  });
});

test('after GOAWAY what is under way completes and the next request, of any method, gets a new connection', async () => {
  const server = await serving(pair, (request, response) => {
    if (request.url === '/1') request.stream.session?.goaway();
    answer(response, 200, { path: request.url });
  });
  const raw = connecting(server.url);
  expect((await raw.send({ method: 'GET', path: '/1' })).status).toBe(200);
  expect((await raw.send({ method: 'POST', path: '/2', body: '{}' })).status).toBe(200);
  expect(server.connections()).toBe(2);
});

test('a refused stream is sent again, even a POST', async () => {
  let refusals = 0;
  const server = await serving(pair, (request, response) => {
    if (request.url === '/never' || refusals++ === 0) request.stream.close(7);
    else answer(response, 200, {});
  });
  const raw = connecting(server.url);
  expect((await raw.send({ method: 'POST', path: '/', body: '{}' })).status).toBe(200);
  expect(refusals).toBe(2);
  expect(await errorOf(raw.send({ method: 'GET', path: '/never' }))).toMatchObject({
    kind: 'unreachable',
    retryable: true,
  });
  expect(server.seen.filter((each) => each === 'GET /never')).toHaveLength(4);
});

test('an answer that does not come in time is a timeout, and the next request does not queue behind it', async () => {
  const server = await serving(pair, (request, response) => {
    if (request.url !== '/slow') answer(response, 200, {});
  });
  const raw = connecting(server.url, {}, { requestTimeoutMs: 100 });
  const error = await errorOf(raw.send({ method: 'GET', path: '/slow' }));
  expect(error).toMatchObject({ kind: 'timeout', message: `no answer from 127.0.0.1:${server.port} within 0.1 s` });
  expect((await raw.send({ method: 'GET', path: '/' })).status).toBe(200);
  expect(raw.connections).toBe(2);
});

test('an aborted request leaves the session usable', async () => {
  const server = await serving(pair, (request, response) => {
    if (request.url !== '/slow') answer(response, 200, {});
  });
  const raw = connecting(server.url);
  const stop = new AbortController();
  const waiting = raw.send({ method: 'GET', path: '/slow', signal: stop.signal });
  await expect.poll(() => server.seen.length).toBe(1);
  stop.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  expect((await raw.send({ method: 'GET', path: '/' })).status).toBe(200);
  expect(raw.connections).toBe(1);
});

test('a stream ends quietly by its signal and loudly when the connection breaks', async () => {
  const server = await serving(pair, (_, response) => {
    response.writeHead(200);
    response.write('one\n');
  });
  const raw = connecting(server.url);
  const stop = new AbortController();
  const quiet = await raw.stream({ method: 'GET', path: '/', signal: stop.signal });
  const got: string[] = [];
  for await (const line of quiet.lines) {
    got.push(line);
    stop.abort();
  }
  expect(got).toEqual(['one']);
  const loud = await raw.stream({ method: 'GET', path: '/' });
  const read = async () => {
    for await (const _ of loud.lines) for (const session of server.sessions) session.destroy();
  };
  expect(await errorOf(read())).toMatchObject({ kind: 'unreachable', retryable: true });
});

test('a connection on which nothing answers any more is given up, so that a watch on it does not wait for ever', async () => {
  const server = await serving(pair, (_, response) => {
    response.writeHead(200);
    response.write('one\n');
  });
  const proxy = await connectProxy();
  closing.push(proxy.close);
  const raw = connecting(server.url, { proxy: new URL(`http://127.0.0.1:${proxy.port}`) }, { pingEveryMs: 50 });
  const { lines } = await raw.stream({ method: 'GET', path: '/' });
  const read = async () => {
    for await (const _ of lines) proxy.freeze();
  };
  expect(await errorOf(read())).toMatchObject({ kind: 'unreachable' });
});

test('an idle connection closes itself', async () => {
  const server = await serving(pair, (_, response) => answer(response, 200, {}));
  const raw = connecting(server.url, {}, { idleTimeoutMs: 20 });
  await raw.send({ method: 'GET', path: '/' });
  await expect.poll(() => server.sessions[0]?.closed).toBe(true);
  expect((await raw.send({ method: 'GET', path: '/' })).status).toBe(200);
  expect(raw.connections).toBe(2);
});

test('a 401 renews the credential once', async () => {
  const server = await serving(pair, (request, response) =>
    answer(response, request.headers.authorization === 'Bearer new' ? 200 : 401, { kind: 'Status' }),
  );
  let renewals = 0;
  const renewing: Credentials = {
    current: async () => ({ authorization: 'Bearer old' }),
    renew: async () => {
      renewals += 1;
      return { authorization: 'Bearer new' };
    },
  };
  expect((await connecting(server.url, { credentials: renewing }).send({ method: 'GET', path: '/' })).status).toBe(200);
  const useless: Credentials = { current: renewing.current, renew: async () => ({ authorization: 'Bearer old' }) };
  expect((await connecting(server.url, { credentials: useless }).send({ method: 'GET', path: '/' })).status).toBe(401);
  const stream = await connecting(server.url, { credentials: renewing }).stream({ method: 'GET', path: '/' });
  expect(stream.status).toBe(200);
  expect(renewals).toBe(2);
  expect(server.seen).toHaveLength(6);
});

test('an HTTP proxy is asked for a tunnel, with its credentials', async () => {
  const server = await serving(pair, (_, response) => answer(response, 200, {}));
  const proxy = await connectProxy();
  closing.push(proxy.close);
  const raw = connecting(server.url, { proxy: new URL(`http://me:p%40ss@127.0.0.1:${proxy.port}`) });
  expect((await raw.send({ method: 'GET', path: '/' })).status).toBe(200);
  expect(proxy.asked).toEqual([`127.0.0.1:${server.port}`]);
  expect(proxy.authorizations).toEqual([`Basic ${Buffer.from('me:p@ss').toString('base64')}`]);
});

test.each([
  [407, 'auth', 'wants other credentials (HTTP 407)'],
  [403, 'unreachable', 'gives no tunnel to 127.0.0.1:1 (HTTP 403)'],
] as const)('a proxy that answers %s is named', async (status, kind, text) => {
  const proxy = await connectProxy({ status });
  closing.push(proxy.close);
  const raw = connecting('https://127.0.0.1:1', { proxy: new URL(`http://127.0.0.1:${proxy.port}`) });
  const error = await errorOf(raw.send({ method: 'GET', path: '/' }));
  expect(error).toMatchObject({ kind, message: `proxy 127.0.0.1:${proxy.port} ${text}` });
});

test('what does not come about is told in one sentence', async () => {
  const server = await serving(pair, (_, response) => answer(response, 200, {}));
  const stranger = await testAuthority('CN=stranger');
  const get = (url: string, target: Partial<Target> = {}) =>
    errorOf(connecting(url, target).send({ method: 'GET', path: '/' }));
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
  closing.push(async () => void garbage.close());
  const port = await listeningPort(garbage);
  expect(await get(`https://127.0.0.1:${port}`)).toMatchObject({
    kind: 'tls',
    message: `127.0.0.1:${port} does not speak TLS`,
  });
});

const listeningPort = (server: ReturnType<typeof createServer>): Promise<number> =>
  new Promise((resolve) => server.once('listening', () => resolve((server.address() as AddressInfo).port)));

test('tls-server-name is what the certificate is checked for; insecure checks nothing', async () => {
  const server = await serving(await authority.server(['api.test']), (_, response) => answer(response, 200, {}));
  expect((await connecting(server.url, { tlsServerName: 'api.test' }).send({ method: 'GET', path: '/' })).status).toBe(
    200,
  );
  expect((await connecting(server.url, { insecure: true }).send({ method: 'GET', path: '/' })).status).toBe(200);
  expect(await errorOf(connecting(server.url).send({ method: 'GET', path: '/' }))).toMatchObject({ kind: 'tls' });
});

test('a server that accepts and then keeps silent is a timeout that says in which phase', async () => {
  const silent = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
  const port = await listeningPort(silent);
  closing.push(async () => void silent.close());
  const raw = connecting(`https://127.0.0.1:${port}`, {}, { connectTimeoutMs: 100 });
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
  const server = await serving(pair, (_, response) => answer(response, 200, {}), { clientCa: authority.ca });
  const good = await authority.client('CN=me');
  expect(
    (await connecting(server.url, { credentials: fixedCredentials(good) }).send({ method: 'GET', path: '/' })).status,
  ).toBe(200);
  const old = await authority.client('CN=me', {
    notBefore: new Date('2026-01-01'),
    notAfter: new Date('2026-11-18T10:00:00Z'),
  });
  const error = await errorOf(
    connecting(server.url, { credentials: fixedCredentials(old) }).send({ method: 'GET', path: '/' }),
  );
  expect(error).toMatchObject({ kind: 'auth', message: 'client certificate expired 2026-11-18' });
  const none = await errorOf(connecting(server.url).send({ method: 'GET', path: '/' }));
  expect(none).toMatchObject({ kind: 'tls', message: expect.stringContaining('refused the TLS handshake') });
});
