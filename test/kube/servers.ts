import { once } from 'node:events';
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  createSecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import type { Pair } from './authority.ts';

export type Handler = (request: Http2ServerRequest, response: Http2ServerResponse, body: string) => unknown;

export interface TestServer {
  readonly port: number;
  readonly url: string;
  readonly sessions: ServerHttp2Session[];
  readonly seen: string[];
  connections(): number;
  close(): Promise<void>;
}

/** A TLS server on loopback that speaks HTTP/2. Records `METHOD path` of each request. */
export async function serve(
  pair: Pair,
  handler: Handler,
  options: { clientCa?: string; maxStreams?: number } = {},
): Promise<TestServer> {
  const { clientCa, maxStreams } = options;
  const sessions: ServerHttp2Session[] = [];
  const server = createSecureServer({
    ...pair,
    ...(maxStreams !== undefined && { settings: { maxConcurrentStreams: maxStreams } }),
    ...(clientCa !== undefined && { ca: clientCa, requestCert: true, rejectUnauthorized: true }),
  });
  server.on('session', (session) => sessions.push(session));
  server.on('sessionError', () => undefined);
  const seen: string[] = [];
  server.on('request', (request, response) => {
    seen.push(`${request.method} ${request.url}`);
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => handler(request, response, body));
  });
  return await listening(server, { sessions, seen });
}

/** The same without HTTP/2. */
export async function serveHttp1(
  pair: Pair,
  handler: (request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<TestServer> {
  const seen: string[] = [];
  const server = createHttps(pair, (request, response) => {
    seen.push(`${request.method} ${request.url}`);
    handler(request, response);
  });
  return await listening(server, { sessions: [], seen });
}

async function listening(server: Server, rest: Pick<TestServer, 'sessions' | 'seen'>): Promise<TestServer> {
  const sockets = new Set<Socket>();
  server.on('secureConnection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    ...rest,
    port,
    url: `https://127.0.0.1:${port}`,
    connections: () => sockets.size,
    close: () => closed(server, sockets),
  };
}

/** An HTTP proxy that tunnels by CONNECT; records what it was asked for. */
export async function connectProxy(
  options: { status?: number; pair?: Pair } = {},
): Promise<{ port: number; asked: string[]; authorizations: unknown[]; freeze(): void; close(): Promise<void> }> {
  const asked: string[] = [];
  const authorizations: unknown[] = [];
  const sockets = new Set<Socket>();
  const server = options.pair === undefined ? createHttp() : createHttps(options.pair);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  server.on('connect', (request, socket) => {
    asked.push(request.url ?? '');
    authorizations.push(request.headers['proxy-authorization']);
    if (options.status !== undefined) {
      socket.end(`HTTP/1.1 ${options.status} No\r\n\r\n`);
      return;
    }
    const [host, port] = (request.url ?? '').split(':');
    const upstream = connect(Number(port), host);
    sockets.add(upstream);
    upstream.on('error', () => socket.destroy());
    upstream.once('connect', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const freeze = () => {
    for (const socket of sockets) socket.pause().removeAllListeners('data');
  };
  return { port, asked, authorizations, freeze, close: () => closed(server, sockets) };
}

async function closed(server: Pick<Server, 'close'>, sockets: Set<Socket>): Promise<void> {
  const done = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const socket of sockets) socket.destroy();
  await done;
}

interface Answerable {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(text: string): unknown;
}

/** Answers with JSON as an API server does. */
export function answer(
  response: Answerable,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.statusCode = status;
  for (const [name, value] of Object.entries({ 'content-type': 'application/json', ...headers }))
    response.setHeader(name, value);
  response.end(JSON.stringify(body));
}
