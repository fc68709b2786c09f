import type { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { ServerResponse as Http1Response } from 'node:http';
import { createSecureServer, type Http2ServerRequest, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Writable } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClusterUsage } from '../../model/cluster.ts';
import { type Authenticate, unauthorized } from './authentication.ts';
import type { KeyPair } from './certificates.ts';
import { decodeProtobuf, protobufType } from './protobuf.ts';
import { ApiError, json } from './status.ts';
import type { ServerRequest, ServerResponse } from './types.ts';

/** What answers the requests of one cluster: its API server. An answer that cannot be made breaks the connection. */
export interface Answering {
  handle(request: ServerRequest): Promise<ServerResponse>;
}

export interface ListenOptions {
  readonly server: Answering;
  readonly authenticate: Authenticate;
  readonly serving: KeyPair;
  /** PEM: clients are asked for certificates of this authority. */
  readonly ca: string;
  /** Milliseconds that every answer is late; default 0. */
  readonly latencyMs?: number;
  /** Default: any free one. */
  readonly port?: number;
}

/** One API server on a port of its own. */
export interface Listener {
  /** `https://127.0.0.1:<port>` */
  readonly url: string;
  /** Connections and requests (by method; watches as WATCH) since the start. */
  readonly usage: ClusterUsage;
  /** Ends all watches and connections; done when the port is free again. */
  close(): Promise<void>;
}

/** What the answers of both protocols can do. */
type Reply = Writable & { writeHead(status: number, headers: Readonly<Record<string, string>>): unknown };

const bodyLimit = 3 * 1024 * 1024;
/** How long open connections get to notice the end before they are cut, in milliseconds. */
const grace = 250;

const tooLarge = (): ServerResponse =>
  json(413, new ApiError(413, 'RequestEntityTooLarge', `limit is ${bodyLimit}`).status());

/**
 * Starts listening on 127.0.0.1 with TLS, HTTP/2 or HTTP/1.1 as the client likes.
 * @throws Error when the port is taken
 */
export async function listen(options: ListenOptions): Promise<Listener> {
  const { serving, ca, latencyMs = 0 } = options;
  const requests: Record<string, number> = {};
  let connections = 0;
  const sockets = new Set<TLSSocket>();
  const sessions = new Set<ServerHttp2Session>();
  const active = new Map<AbortController, Promise<void>>();
  const certificateOf = certificateCache();

  const server = createSecureServer({
    cert: serving.certificate,
    key: serving.key,
    ca,
    allowHTTP1: true,
    requestCert: true,
    // A client without a good certificate may still have a token: who it is, is decided per request.
    rejectUnauthorized: false,
    settings: { maxConcurrentStreams: 250 },
  });
  server.on('secureConnection', (socket: TLSSocket) => {
    connections += 1;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    // A client that goes away without a word is no event here: its requests see their responses close.
    socket.on('error', () => undefined);
  });
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    session.on('error', () => undefined);
  });
  server.on('request', (request, response) => {
    const ended = new AbortController();
    response.once('close', () => ended.abort());
    const work = serve(request, response, ended.signal);
    active.set(ended, work);
    void work.finally(() => active.delete(ended));
  });

  async function serve(request: Http2ServerRequest, response: Reply, signal: AbortSignal): Promise<void> {
    const method = /[?&]watch=(true|1)\b/.test(request.url) ? 'WATCH' : request.method;
    requests[method] = (requests[method] ?? 0) + 1;
    try {
      const body = await bodyOf(request);
      if (latencyMs > 0) await delay(latencyMs, undefined, { signal });
      await send(response, await answer(request, body, signal), signal);
    } catch {
      // Gone clients end quietly; an answer that could not be made looks like a server that died.
      if (signal.aborted) response.end();
      else cut(request);
    }
  }

  async function answer(
    request: Http2ServerRequest,
    body: Buffer | undefined,
    signal: AbortSignal,
  ): Promise<ServerResponse> {
    if (body === undefined) return tooLarge();
    const { authorization } = request.headers;
    const user = await options.authenticate({ certificate: certificateOf(request), authorization });
    if (!user) return unauthorized();
    const { method, url: path } = request;
    return options.server.handle({ method, path, ...inJson(headersOf(request), body), user, signal });
  }

  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${port}`,
    get usage() {
      return { connections, requests: { ...requests } };
    },
    async close() {
      const stopped = new Promise((resolve) => server.close(resolve));
      for (const ended of active.keys()) ended.abort();
      await Promise.allSettled(active.values());
      for (const session of sessions) session.close();
      const http1 = [...sockets].filter((socket) => socket.alpnProtocol !== 'h2');
      for (const socket of http1) socket.end();
      const cutter = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, grace);
      await stopped;
      clearTimeout(cutter);
    },
  };
}

/** The client certificate of a request's connection, parsed once per connection. */
function certificateCache(): (request: Http2ServerRequest) => X509Certificate | undefined {
  const known = new WeakMap<object, X509Certificate | 'none'>();
  return (request) => {
    const connection = (request.httpVersionMajor === 2 ? request.stream.session : undefined) ?? request.socket;
    let certificate = known.get(connection);
    if (certificate === undefined) {
      certificate = (request.socket as TLSSocket).getPeerX509Certificate() ?? 'none';
      known.set(connection, certificate);
    }
    return certificate === 'none' ? undefined : certificate;
  };
}

/** Lower-case names without HTTP/2's own; the credential stays here. */
function headersOf(request: Http2ServerRequest): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value === undefined || name.startsWith(':') || name === 'authorization') continue;
    headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}

/** The whole body; undefined when it is too large to be read. */
async function bodyOf(request: Http2ServerRequest): Promise<Buffer | undefined> {
  if (request.method === 'GET') return Buffer.alloc(0);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= bodyLimit) chunks.push(chunk);
  }
  return size > bodyLimit ? undefined : Buffer.concat(chunks);
}

/** Headers and body as the API server takes them: it knows JSON only. */
function inJson(headers: ServerRequest['headers'], body: Buffer): Pick<ServerRequest, 'headers'> & { body: string } {
  const object = headers['content-type'] === protobufType ? decodeProtobuf(body) : undefined;
  if (!object) return { headers, body: body.toString() };
  return { headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(object) };
}

async function send(response: Reply, { status, headers, body }: ServerResponse, signal: AbortSignal): Promise<void> {
  if (typeof body === 'string') {
    response.writeHead(status, { ...headers, 'content-length': String(Buffer.byteLength(body)) });
    response.end(body);
    return;
  }
  response.writeHead(status, headers);
  if (response instanceof Http1Response) response.flushHeaders();
  for await (const line of body) {
    if (signal.aborted) break;
    if (!response.write(line.endsWith('\n') ? line : `${line}\n`)) await once(response, 'drain', { signal });
  }
  response.end();
}

function cut(request: Http2ServerRequest): void {
  if (request.httpVersionMajor === 2) request.stream.session?.destroy();
  else request.socket.destroy();
}
