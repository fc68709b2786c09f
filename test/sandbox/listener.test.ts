import { connect, type ClientHttp2Session } from 'node:http2';
import { request as https, type RequestOptions } from 'node:https';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { authenticator } from '../../src/sandbox/server/authentication.ts';
import { administrator, type ClusterAuthority, createAuthority } from '../../src/sandbox/server/authority.ts';
import { type Answering, type Listener, listen } from '../../src/sandbox/server/listener.ts';
import type { ServerRequest, Stored } from '../../src/sandbox/server/types.ts';

const chance = { now: () => Date.now(), random: () => 0.3 };
const account = { namespace: 'ns', name: 'sa', uid: 'u' };
const stored: Stored = {
  list: () => [],
  get: (_group, _resource, namespace, name) =>
    namespace === 'ns' && name === 'sa' ? { apiVersion: 'v1', kind: 'ServiceAccount', metadata: account } : undefined,
};

let authority: ClusterAuthority;
let stranger: ClusterAuthority;
beforeAll(async () => {
  authority = await createAuthority(chance);
  stranger = await createAuthority(chance);
});

const open: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

async function start(server: Answering): Promise<Listener> {
  const authenticate = authenticator(authority, stored);
  const listener = await listen({ server, authenticate, serving: await authority.serving(), ca: authority.ca });
  open.push(() => listener.close());
  return listener;
}

/** Answers with who asks what. */
const echo: Answering = {
  handle: async ({ method, path, headers, body, user }) => ({
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      method,
      path,
      body,
      user: user.name,
      authorization: headers['authorization'],
      accept: headers['accept'],
    }),
  }),
};

interface Answer {
  readonly status: number;
  readonly body: string;
}

function overHttp1(listener: Listener, options: RequestOptions, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = https(
      `${listener.url}/api/v1/x?limit=5`,
      { ca: authority.ca, agent: false, ...options },
      (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
        response.on('error', reject);
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

function session(listener: Listener, tls: { cert?: string; key?: string } = {}): ClientHttp2Session {
  const client = connect(listener.url, { ca: authority.ca, ...tls });
  client.on('error', () => undefined);
  open.push(() => client.destroy());
  return client;
}

function overHttp2(client: ClientHttp2Session, headers: Record<string, string>, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const stream = client.request({ ':path': '/api', ...headers });
    let text = '';
    let status = 0;
    stream.on('response', (response) => (status = response[':status'] ?? 0));
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    stream.on('end', () => resolve({ status, body: text }));
    stream.on('error', reject);
    stream.end(body);
  });
}

describe('who is asking', () => {
  it('is a client certificate, a token, or anonymous', async () => {
    const listener = await start(echo);
    const { certificate: cert, key } = await authority.client(administrator);
    const { token } = await authority.token(account, {});
    const byCertificate = await overHttp2(session(listener, { cert, key }), {});
    const byToken = await overHttp2(session(listener), { authorization: `Bearer ${token}` });
    expect(JSON.parse(byCertificate.body)).toMatchObject({ user: 'kubernetes-admin' });
    expect(JSON.parse(byToken.body)).toMatchObject({ user: 'system:serviceaccount:ns:sa' });
    expect(JSON.parse(byToken.body)).not.toHaveProperty('authorization');
    expect(JSON.parse((await overHttp2(session(listener), {})).body)).toMatchObject({ user: 'system:anonymous' });
  });

  it('is nobody with a bad token or a certificate of another cluster: 401', async () => {
    const listener = await start(echo);
    const { certificate: cert, key } = await stranger.client(administrator);
    const { token } = await stranger.token(account, {});
    const answers = [
      await overHttp2(session(listener), { authorization: `Bearer ${token}` }),
      await overHttp2(session(listener), { authorization: 'Basic YTpi' }),
      await overHttp2(session(listener, { cert, key }), {}),
    ];
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401]);
    expect(JSON.parse(answers[0]?.body ?? '')).toMatchObject({ kind: 'Status', reason: 'Unauthorized', code: 401 });
  });

  it('may be a good token beside a bad certificate', async () => {
    const listener = await start(echo);
    const { certificate: cert, key } = await stranger.client(administrator);
    const { token } = await authority.token(account, {});
    const answer = await overHttp2(session(listener, { cert, key }), { authorization: `Bearer ${token}` });
    expect(JSON.parse(answer.body)).toMatchObject({ user: 'system:serviceaccount:ns:sa' });
  });
});

describe('requests', () => {
  it('are the same over HTTP/1.1 and HTTP/2, and are counted', async () => {
    const listener = await start(echo);
    const options = { method: 'PATCH', headers: { accept: 'application/json' } };
    const first = await overHttp1(listener, options, '{"a":1}');
    const client = session(listener);
    const second = await overHttp2(
      client,
      { ':path': '/api/v1/x?limit=5', ':method': 'PATCH', accept: 'application/json' },
      '{"a":1}',
    );
    await overHttp2(client, {});
    expect(JSON.parse(first.body)).toMatchObject({ method: 'PATCH', path: '/api/v1/x?limit=5', body: '{"a":1}' });
    expect(second).toEqual(first);
    expect(listener.usage).toEqual({ connections: 2, requests: { PATCH: 2, GET: 1 } });
  });

  it('with more than 3 MiB are refused', async () => {
    const listener = await start(echo);
    const answer = await overHttp1(listener, { method: 'POST' }, 'x'.repeat(3 * 1024 * 1024 + 1));
    expect(answer.status).toBe(413);
  });

  it('that cannot be answered break the connection, and only that one', async () => {
    const listener = await start({
      handle: (request) => (request.path === '/break' ? Promise.reject(new Error('broken')) : echo.handle(request)),
    });
    await expect(overHttp1(listener, { path: '/break' })).rejects.toThrow('socket hang up');
    const client = session(listener);
    const closed = new Promise((resolve) => client.on('close', resolve));
    const broken = overHttp2(client, { ':path': '/break' }).catch((error: unknown) => error);
    await closed;
    expect(await broken).not.toMatchObject({ status: 200 });
    expect((await overHttp1(listener, {})).status).toBe(200);
  });
});

/** A watch that gives one line and then waits for its end; `ended` resolves when its signal aborts. */
function watching(): Answering & { readonly ended: Promise<void> } {
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  async function* lines(request: ServerRequest): AsyncGenerator<string> {
    yield '{"type":"ADDED"}';
    await new Promise<void>((done) => {
      if (request.signal?.aborted) done();
      request.signal?.addEventListener('abort', () => done(), { once: true });
    });
    resolve();
  }
  return { ended, handle: async (request) => ({ status: 200, headers: {}, body: lines(request) }) };
}

describe('watches', () => {
  it.each(['HTTP/2', 'HTTP/1.1'])('come line by line and end with the listener over %s', async (protocol) => {
    const server = watching();
    const listener = await start(server);
    const { promise: first, resolve: got } = Promise.withResolvers<void>();
    let text = '';
    const collect = (chunk: Buffer) => {
      text += chunk.toString();
      got();
    };
    const finished = new Promise<void>((resolve) => {
      if (protocol === 'HTTP/2') {
        const stream = session(listener).request({ ':path': '/api?watch=true' });
        stream.on('data', collect).on('end', resolve);
      } else {
        const url = `${listener.url}/api?watch=true`;
        https(url, { ca: authority.ca, agent: false }, (r) => r.on('data', collect).on('end', resolve)).end();
      }
    });
    await first;
    expect(text).toBe('{"type":"ADDED"}\n');
    expect(listener.usage.requests).toEqual({ WATCH: 1 });
    await listener.close();
    await Promise.all([finished, server.ended]);
    await expect(overHttp1(listener, {})).rejects.toThrow('ECONNREFUSED');
  });

  it('end when the client goes away', async () => {
    const server = watching();
    const listener = await start(server);
    const client = session(listener);
    const stream = client.request({ ':path': '/api?watch=1' });
    stream.on('data', () => stream.close());
    await server.ended;
    expect((await overHttp2(client, { authorization: 'Bearer x' })).status).toBe(401);
  });
});
