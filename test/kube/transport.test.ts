import { expect, test } from 'vitest';
import { type Credentials, fixedCredentials } from '../../src/kube/credentials.ts';
import { makeBed } from './bed.ts';
import { errorOf } from './scripted.ts';
import { answer } from './servers.ts';

const bed = makeBed();

test('requests in parallel share one HTTP/2 connection that the first one opens', async () => {
  const server = await bed.serving((request, response) => answer(response, 200, { path: request.url }));
  const raw = bed.connecting(`${server.url}/k8s/clusters/c-1/`);
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
  const server = await bed.serving((request, response, body) =>
    answer(response, 200, {
      encoding: request.headers['accept-encoding'] ?? null,
      authorization: request.headers.authorization,
      body,
    }),
  );
  const raw = bed.connecting(server.url, { credentials: fixedCredentials({ authorization: 'Bearer abc' }) });
  const { body } = await raw.send({ method: 'POST', path: '/', body: 'hello ü' });
  expect(JSON.parse(body)).toEqual({ encoding: null, authorization: 'Bearer abc', body: 'hello ü' });
});

test('a server without HTTP/2 is spoken to by HTTP/1.1 on one connection, a watch takes one more', async () => {
  const server = await bed.servingHttp1((request, response) => {
    if (request.url !== '/watch')
      return answer(response, 200, { path: request.url, encoding: request.headers['accept-encoding'] ?? null });
    response.write('{"n":1}\n{"n"');
    response.end(':2}\n');
  });
  const raw = bed.connecting(server.url);
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
    await bed.serving((request) => request.stream.session?.socket.destroy()),
    await bed.servingHttp1((request) => request.socket.destroy()),
  ];
  for (const { url, port } of servers) {
    const error = await errorOf(bed.connecting(url).send({ method: 'GET', path: '/' }));
    const message = `connection to 127.0.0.1:${port} was closed before the answer was complete`;
    expect(error).toMatchObject({ kind: 'unreachable', retryable: true, message });
  }
});

test('a body that is cut off is an error over HTTP/1.1 too, and the next request gets a new connection', async () => {
  const server = await bed.servingHttp1((request, response) => {
    if (request.url !== '/cut') {
      answer(response, 200, {});
      return;
    }
    response.writeHead(200, { 'content-length': '100' });
    response.write('{"half":', () => request.socket.destroy());
  });
  const raw = bed.connecting(server.url);
  expect(await errorOf(raw.send({ method: 'GET', path: '/cut' }))).toMatchObject({
    kind: 'unreachable',
    retryable: true,
  });
  expect((await raw.send({ method: 'GET', path: '/' })).status).toBe(200);
});

test('a timeout and an abort over HTTP/1.1', async () => {
  const server = await bed.servingHttp1(() => undefined);
  const late = errorOf(bed.connecting(server.url, {}, { requestTimeoutMs: 80 }).send({ method: 'GET', path: '/' }));
  expect(await late).toMatchObject({
    kind: 'timeout',
    message: `no answer from 127.0.0.1:${server.port} within 0.1 s`,
  });
  const stop = new AbortController();
  const aborted = bed.connecting(server.url).send({ method: 'GET', path: '/', signal: stop.signal });
  await expect.poll(() => server.seen.length).toBe(2);
  stop.abort(new Error('enough'));
  await expect(aborted).rejects.toThrow('enough');
});

test('a session that is destroyed without a word is an error', async () => {
  const server = await bed.serving((request) => request.stream.session?.destroy());
  expect(await errorOf(bed.connecting(server.url).send({ method: 'GET', path: '/' }))).toMatchObject({
    kind: 'unreachable',
    retryable: true,
  });
});

test('after that the next requests open one new connection for all of them', async () => {
  let broken = true;
  const server = await bed.serving((request, response) => {
    if (broken) request.stream.session?.destroy();
    else answer(response, 200, {});
  });
  const raw = bed.connecting(server.url);
  await errorOf(raw.send({ method: 'GET', path: '/' }));
  broken = false;
  const statuses = await Promise.all([1, 2, 3].map(async () => (await raw.send({ method: 'GET', path: '/' })).status));
  expect(statuses).toEqual([200, 200, 200]);
  expect(raw.connections).toBe(2);
});

test('a body shorter than its content-length is an error', async () => {
  const server = await bed.serving((_, response) => {
    response.stream.respond({ ':status': 200, 'content-length': '100' });
    response.stream.end('{"half":');
  });
  expect(await errorOf(bed.connecting(server.url).send({ method: 'GET', path: '/' }))).toMatchObject({
    kind: 'unreachable',
  });
});

test('after GOAWAY what is under way completes and the next request, of any method, gets a new connection', async () => {
  const server = await bed.serving((request, response) => {
    if (request.url === '/1') request.stream.session?.goaway();
    answer(response, 200, { path: request.url });
  });
  const raw = bed.connecting(server.url);
  expect((await raw.send({ method: 'GET', path: '/1' })).status).toBe(200);
  expect((await raw.send({ method: 'POST', path: '/2', body: '{}' })).status).toBe(200);
  expect(server.connections()).toBe(2);
});

test('what GOAWAY leaves unprocessed is sent again on a new connection', async () => {
  let wentAway = false;
  const server = await bed.serving((request, response) => {
    if (request.method === 'GET' || wentAway) return answer(response, 200, {});
    wentAway = true;
    // Stream 1 was the last that it looked at.
    return request.stream.session?.goaway(0, 1);
  });
  const raw = bed.connecting(server.url);
  expect((await raw.send({ method: 'GET', path: '/' })).status).toBe(200);
  expect((await raw.send({ method: 'POST', path: '/', body: '{}' })).status).toBe(200);
  expect(server.seen).toEqual(['GET /', 'POST /', 'POST /']);
  expect(server.connections()).toBe(2);
});

test('more requests than the server takes at once wait for each other on the same connection', async () => {
  const server = await bed.serving((_, response) => answer(response, 200, {}), { maxStreams: 10 });
  const raw = bed.connecting(server.url);
  const all = await Promise.all(Array.from({ length: 300 }, () => raw.send({ method: 'GET', path: '/' })));
  expect(all.filter((each) => each.status === 200)).toHaveLength(300);
  expect(raw.connections).toBe(1);
});

test('a refused stream is sent again, even a POST', async () => {
  let refusals = 0;
  const server = await bed.serving((request, response) => {
    if (request.url === '/never' || refusals++ === 0) request.stream.close(7);
    else answer(response, 200, {});
  });
  const raw = bed.connecting(server.url);
  expect((await raw.send({ method: 'POST', path: '/', body: '{}' })).status).toBe(200);
  expect(refusals).toBe(2);
  expect(await errorOf(raw.send({ method: 'GET', path: '/never' }))).toMatchObject({
    kind: 'unreachable',
    retryable: true,
  });
  expect(server.seen.filter((each) => each === 'GET /never')).toHaveLength(4);
});

test('an answer that does not come in time is a timeout, and the next request does not queue behind it', async () => {
  const server = await bed.serving((request, response) => {
    if (request.url !== '/slow') answer(response, 200, {});
  });
  const raw = bed.connecting(server.url, {}, { requestTimeoutMs: 100 });
  const error = await errorOf(raw.send({ method: 'GET', path: '/slow' }));
  expect(error).toMatchObject({ kind: 'timeout', message: `no answer from 127.0.0.1:${server.port} within 0.1 s` });
  expect((await raw.send({ method: 'GET', path: '/' })).status).toBe(200);
  expect(raw.connections).toBe(2);
});

test('an aborted request leaves the session usable', async () => {
  const server = await bed.serving((request, response) => {
    if (request.url !== '/slow') answer(response, 200, {});
  });
  const raw = bed.connecting(server.url);
  const stop = new AbortController();
  const waiting = raw.send({ method: 'GET', path: '/slow', signal: stop.signal });
  await expect.poll(() => server.seen.length).toBe(1);
  stop.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  expect((await raw.send({ method: 'GET', path: '/' })).status).toBe(200);
  expect(raw.connections).toBe(1);
});

test('a stream ends quietly by its signal and loudly when the connection breaks', async () => {
  const server = await bed.serving((_, response) => {
    response.writeHead(200);
    response.write('one\n');
  });
  const raw = bed.connecting(server.url);
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
  const server = await bed.serving((_, response) => {
    response.writeHead(200);
    response.write('one\n');
  });
  const proxy = await bed.proxying();
  const raw = bed.connecting(server.url, { proxy: new URL(`http://127.0.0.1:${proxy.port}`) }, { pingEveryMs: 50 });
  const { lines } = await raw.stream({ method: 'GET', path: '/' });
  const read = async () => {
    for await (const _ of lines) proxy.freeze();
  };
  expect(await errorOf(read())).toMatchObject({ kind: 'unreachable' });
});

test('an idle connection closes itself', async () => {
  const server = await bed.serving((_, response) => answer(response, 200, {}));
  const raw = bed.connecting(server.url, {}, { idleTimeoutMs: 20 });
  await raw.send({ method: 'GET', path: '/' });
  await expect.poll(() => server.sessions[0]?.closed).toBe(true);
  expect((await raw.send({ method: 'GET', path: '/' })).status).toBe(200);
  expect(raw.connections).toBe(2);
});

test('a 401 renews the credential once', async () => {
  const server = await bed.serving((request, response) =>
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
  expect((await bed.connecting(server.url, { credentials: renewing }).send({ method: 'GET', path: '/' })).status).toBe(
    200,
  );
  const useless: Credentials = { current: renewing.current, renew: async () => ({ authorization: 'Bearer old' }) };
  expect((await bed.connecting(server.url, { credentials: useless }).send({ method: 'GET', path: '/' })).status).toBe(
    401,
  );
  const stream = await bed.connecting(server.url, { credentials: renewing }).stream({ method: 'GET', path: '/' });
  expect(stream.status).toBe(200);
  expect(renewals).toBe(2);
  expect(server.seen).toHaveLength(6);
});
