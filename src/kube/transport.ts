import type { RawCluster, RawRequest, RawResponse, RawStream } from '../model/cluster.ts';
import { ClusterError } from '../model/errors.ts';
import { type Credential, type Credentials, expiredPart } from './credentials.ts';
import { dial } from './dial.ts';
import { hostPort, type Peer } from './failures.ts';
import { http1Session } from './h1.ts';
import { http2Session } from './h2.ts';
import { hostOf, portOf } from './proxy.ts';
import type { SecureContexts } from './secure-contexts.ts';
import { answerLines, NotProcessed, type Session, type SessionLimits, type WireRequest } from './session.ts';

/** Everything needed to reach one API server. */
export interface Target {
  /** May have a path, under which the API is (`https://host/k8s/clusters/c-1`). */
  readonly server: URL;
  /** PEM bundle; left out = the machine's roots. */
  readonly ca?: string;
  readonly insecure: boolean;
  readonly tlsServerName?: string;
  readonly proxy?: URL;
  readonly credentials: Credentials;
}

export interface TransportOptions {
  readonly contexts: SecureContexts;
  /** Milliseconds since the epoch: to tell an expired client certificate from a server that refuses it. */
  readonly now: () => number;
  /** Default 5 s, for name, TCP, proxy and TLS together. */
  readonly connectTimeoutMs?: number;
  /** Default 30 s. */
  readonly requestTimeoutMs?: number;
  /** Default 60 s. */
  readonly idleTimeoutMs?: number;
  /** Default 30 s. */
  readonly pingEveryMs?: number;
  /** Of an answer, or of one line of a stream; default 256 MB: a page of 500 objects may have tens of them. */
  readonly maxBytes?: number;
}

export interface Transport extends RawCluster {
  /** How many connections were opened so far. */
  readonly connections: number;
  /** @returns why the credential that the server last answered 401 to is no good at `now` (milliseconds), if its dates tell */
  rejection(now: number): string | undefined;
}

/** How often a request that the server did not look at is sent again on a new connection. */
const maxResends = 3;

/**
 * One API server over one connection: HTTP/2 where it speaks it, else HTTP/1.1 (where a watch takes one more). Opened
 * by the first request and shared by all; opened again, once for all of them, when it ended. Nothing is sent twice but
 * what the server certainly did not process; a 401 renews the credential once.
 */
export function connectRaw(target: Target, options: TransportOptions): Transport {
  return new SharedConnection(target, options);
}

interface Held {
  readonly credential: Credential;
  readonly opening: Promise<Session>;
  session: Session | undefined;
}

class SharedConnection implements Transport {
  readonly #target: Target;
  readonly #options: TransportOptions;
  readonly #peer: Peer;
  readonly #limits: SessionLimits;
  readonly #prefix: string;
  readonly #sessions = new Set<Session>();
  #held: Held | undefined;
  #connections = 0;
  #rejected: Credential | undefined;
  #closed = false;

  constructor(target: Target, options: TransportOptions) {
    this.#target = target;
    this.#options = options;
    this.#peer = { host: hostOf(target.server), port: portOf(target.server), ownCa: target.ca !== undefined };
    this.#prefix = target.server.pathname.replace(/\/+$/, '');
    this.#limits = {
      requestTimeoutMs: options.requestTimeoutMs ?? 30_000,
      idleTimeoutMs: options.idleTimeoutMs ?? 60_000,
      pingEveryMs: options.pingEveryMs ?? 30_000,
      maxBytes: options.maxBytes ?? 256_000_000,
    };
  }

  get connections(): number {
    return this.#connections;
  }

  rejection(now: number): string | undefined {
    return this.#rejected === undefined ? undefined : expiredPart(this.#rejected, now);
  }

  send(request: RawRequest): Promise<RawResponse> {
    const run = async (wire: WireRequest, credential: Credential) => (await this.#session(credential)).send(wire);
    return this.#authenticated(request, run, async () => undefined);
  }

  stream(request: RawRequest): Promise<RawStream> {
    const run = async (wire: WireRequest, credential: Credential) => {
      const shared = await this.#session(credential);
      if (shared.multiplexed) return shared.stream(wire);
      const own = await this.#open(credential);
      try {
        return await own.stream(wire);
      } catch (error) {
        own.close();
        throw error;
      }
    };
    // A stream that nobody reads stays open.
    return this.#authenticated(request, run, async (unwanted) => void (await answerLines(unwanted.lines)));
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const session of this.#sessions) session.close();
    // Who asks for the counts later must not keep the sockets and their keys in memory.
    this.#sessions.clear();
    this.#held = undefined;
  }

  async #authenticated<T extends { readonly status: number }>(
    request: RawRequest,
    run: (wire: WireRequest, credential: Credential) => Promise<T>,
    discard: (answer: T) => Promise<void>,
  ): Promise<T> {
    const { credentials } = this.#target;
    const credential = await credentials.current();
    const first = await this.#delivered(request, credential, run);
    if (first.status !== 401) return first;
    this.#rejected = credential;
    const renewed = await credentials.renew(credential);
    if (renewed === undefined) return first;
    await discard(first);
    const second = await this.#delivered(request, renewed, run);
    if (second.status === 401) this.#rejected = renewed;
    return second;
  }

  async #delivered<T>(
    request: RawRequest,
    credential: Credential,
    run: (wire: WireRequest, credential: Credential) => Promise<T>,
  ): Promise<T> {
    const wire = this.#wire(request, credential);
    for (let resends = 0; ; resends += 1) {
      try {
        return await run(wire, credential);
      } catch (error) {
        if (error instanceof NotProcessed) {
          if (resends < maxResends) continue;
          throw new ClusterError('unreachable', `${hostPort(this.#peer)} keeps refusing requests`, {
            retryable: true,
            cause: error,
          });
        }
        throw this.#blame(error, credential);
      }
    }
  }

  /** A server that refuses an expired client certificate is not at fault. */
  #blame(error: unknown, credential: Credential): unknown {
    if (!(error instanceof ClusterError) || credential.cert === undefined) return error;
    if (error.kind !== 'tls' && error.kind !== 'unreachable') return error;
    const expired = expiredPart({ cert: credential.cert }, this.#options.now());
    const refusedByServer = error.retryable || error.message.includes('refused the TLS handshake');
    return expired !== undefined && refusedByServer ? new ClusterError('auth', expired, { cause: error }) : error;
  }

  #wire(request: RawRequest, credential: Credential): WireRequest {
    return {
      method: request.method,
      path: `${this.#prefix}${request.path}`,
      headers: {
        accept: 'application/json',
        'user-agent': 'rollcall',
        ...request.headers,
        ...(credential.authorization !== undefined && { authorization: credential.authorization }),
      },
      ...(request.body !== undefined && { body: request.body }),
      ...(request.signal !== undefined && { signal: request.signal }),
    };
  }

  #session(credential: Credential): Promise<Session> {
    const held = this.#held;
    const fits =
      held !== undefined && held.credential.cert === credential.cert && held.credential.key === credential.key;
    if (fits && (held.session?.usable ?? true)) return held.opening;
    const opening = this.#open(credential);
    const next: Held = { credential, opening, session: undefined };
    opening.then(
      (session) => {
        next.session = session;
      },
      () => {
        if (this.#held === next) this.#held = undefined;
      },
    );
    this.#held = next;
    return opening;
  }

  async #open(credential: Credential): Promise<Session> {
    if (this.#closed) throw new Error(`request to ${hostPort(this.#peer)} after its connection was closed`);
    const { server, ca, proxy, insecure, tlsServerName } = this.#target;
    const { contexts } = this.#options;
    const { cert, key } = credential;
    const { socket, protocol } = await dial({
      ...this.#peer,
      timeoutMs: this.#options.connectTimeoutMs ?? 5_000,
      ...(server.protocol === 'https:' && {
        tls: { context: contexts.get({ ca, cert, key }), serverName: tlsServerName, insecure },
      }),
      ...(proxy !== undefined && { proxy: { url: proxy, context: contexts.get({ ca }) } }),
    });
    this.#connections += 1;
    const make = protocol === 'h2' ? http2Session : http1Session;
    const session = await make(socket, server.origin, this.#peer, this.#limits);
    this.#sessions.add(session);
    if (this.#closed) session.close();
    return session;
  }
}
