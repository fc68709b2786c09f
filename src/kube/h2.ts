import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import type { Socket } from 'node:net';
import type { RawResponse, RawStream } from '../model/cluster.ts';
import { ClusterError } from '../model/errors.ts';
import { answerTooLong, connectionFailure, hostPort, type Peer, seconds } from './failures.ts';
import { linesOf, NotProcessed, plainHeaders, type Session, type SessionLimits, type WireRequest } from './session.ts';

/** @param socket connected, TLS done, `h2` agreed; it belongs to the session from now on */
export function http2Session(socket: Socket, origin: string, peer: Peer, limits: SessionLimits): Session {
  return new Http2Session(socket, origin, peer, limits);
}

class Http2Session implements Session {
  readonly multiplexed = true;
  readonly #session: ClientHttp2Session;
  readonly #peer: Peer;
  readonly #limits: SessionLimits;
  #usable = true;
  #open = 0;
  #failure: unknown;
  #heard = true;
  #awaitingPong = false;
  #idle: NodeJS.Timeout | undefined;
  readonly #heartbeat: NodeJS.Timeout;

  constructor(socket: Socket, origin: string, peer: Peer, limits: SessionLimits) {
    this.#peer = peer;
    this.#limits = limits;
    this.#session = connect(origin, {
      createConnection: () => socket,
      // The default window of 64 KiB would cost a round trip per 64 KiB of a long list.
      settings: { enablePush: false, initialWindowSize: 1 << 20 },
      maxSessionMemory: 64,
    });
    this.#session.once('connect', () => this.#session.setLocalWindowSize(4 << 20));
    this.#session.on('error', (error: unknown) => {
      this.#failure ??= error;
      this.#usable = false;
    });
    this.#session.on('goaway', () => {
      this.#usable = false;
    });
    this.#session.on('close', () => this.#ended());
    this.#heartbeat = setInterval(() => this.#beat(), limits.pingEveryMs).unref();
  }

  get usable(): boolean {
    return this.#usable && !this.#session.closed && !this.#session.destroyed;
  }

  close(): void {
    this.#usable = false;
    this.#ended();
    this.#session.destroy();
  }

  send(request: WireRequest): Promise<RawResponse> {
    return new Promise((resolve, reject) => {
      const stream = this.#start(request, reject);
      if (stream === undefined) return;
      let status: number | undefined;
      let headers: Record<string, string> = {};
      const { maxBytes } = this.#limits;
      let chunks: Buffer[] = [];
      let size = 0;
      stream.on('response', (received) => {
        status = received[':status'];
        headers = plainHeaders(received);
      });
      stream.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size <= maxBytes) return void chunks.push(chunk);
        reject(answerTooLong(this.#peer, maxBytes));
        chunks = [];
        stream.close(constants.NGHTTP2_CANCEL);
      });
      stream.on('close', () => {
        const body = Buffer.concat(chunks);
        const promised = headers['content-length'];
        // A session that the peer destroys ends its streams without error and without response.
        const whole = status !== undefined && stream.rstCode === 0 && !stream.aborted;
        if (status === undefined || !whole || (promised !== undefined && Number(promised) !== body.length)) {
          reject(this.#broken(stream));
        } else {
          resolve({ status, headers, body: body.toString('utf8') });
        }
      });
      this.#guard(stream, request, reject, 'close');
    });
  }

  stream(request: WireRequest): Promise<RawStream> {
    return new Promise((resolve, reject) => {
      const stream = this.#start(request, reject);
      if (stream === undefined) return;
      stream.setEncoding('utf8');
      stream.on('response', (received) => {
        resolve({
          status: received[':status'] ?? 0,
          headers: plainHeaders(received),
          lines: linesOf(this.#chunks(stream, request.signal), this.#peer, this.#limits),
        });
      });
      stream.on('close', () => reject(this.#broken(stream)));
      this.#guard(stream, request, reject, 'response');
    });
  }

  async *#chunks(stream: ClientHttp2Stream, signal: AbortSignal | undefined): AsyncGenerator<string, void, undefined> {
    try {
      for await (const chunk of stream) yield String(chunk);
      // A session that the peer destroys ends its streams as if all was said; the reason is known when they are closed.
      if (!stream.closed) await once(stream, 'close');
      if (stream.rstCode !== 0 || stream.aborted) throw stream.errored ?? new Error('the stream ended early');
    } catch (error) {
      if (!signal?.aborted) throw connectionFailure(this.#failure ?? error, this.#peer);
    } finally {
      stream.close(constants.NGHTTP2_CANCEL);
    }
  }

  #start(request: WireRequest, reject: (error: unknown) => void): ClientHttp2Stream | undefined {
    if (request.signal?.aborted) {
      reject(request.signal.reason);
      return undefined;
    }
    let stream: ClientHttp2Stream;
    try {
      stream = this.#session.request(
        { ...request.headers, ':method': request.method, ':path': request.path },
        { endStream: request.body === undefined },
      );
    } catch (cause) {
      this.#usable = false;
      reject(new NotProcessed('the session takes no more requests', { cause }));
      return undefined;
    }
    this.#open += 1;
    this.#heard = true;
    clearTimeout(this.#idle);
    stream.on('response', () => {
      this.#heard = true;
    });
    stream.on('data', () => {
      this.#heard = true;
    });
    // Told by `close`, which always follows.
    stream.on('error', () => undefined);
    stream.on('close', () => {
      this.#open -= 1;
      if (this.#open > 0) return;
      if (!this.usable) return this.close();
      this.#idle = setTimeout(() => this.close(), this.#limits.idleTimeoutMs).unref();
    });
    if (request.body !== undefined) stream.end(request.body);
    return stream;
  }

  #guard(
    stream: ClientHttp2Stream,
    request: WireRequest,
    reject: (error: unknown) => void,
    until: 'close' | 'response',
  ): void {
    const timer = setTimeout(() => {
      // Whatever holds it up may hold up the next one too: new requests get a new connection.
      this.#usable = false;
      const waited = `no answer from ${hostPort(this.#peer)} within ${seconds(this.#limits.requestTimeoutMs)}`;
      reject(new ClusterError('timeout', waited, { retryable: true }));
      stream.close(constants.NGHTTP2_CANCEL);
    }, this.#limits.requestTimeoutMs);
    const { signal } = request;
    const abort = () => {
      reject(signal?.reason);
      stream.close(constants.NGHTTP2_CANCEL);
    };
    signal?.addEventListener('abort', abort);
    stream.once(until, () => clearTimeout(timer));
    stream.once('close', () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    });
  }

  #broken(stream: ClientHttp2Stream): Error {
    if (stream.rstCode === constants.NGHTTP2_REFUSED_STREAM) return new NotProcessed('the server refused the stream');
    return connectionFailure(this.#failure ?? stream.errored ?? new Error('the stream ended early'), this.#peer);
  }

  #ended(): void {
    this.#usable = false;
    clearTimeout(this.#idle);
    clearInterval(this.#heartbeat);
  }

  /** A connection that a router forgot gives no sign of it: a watch on it would wait for ever. */
  #beat(): void {
    if (this.#open === 0 || this.#heard) {
      this.#heard = false;
      return;
    }
    if (this.#awaitingPong || this.#session.destroyed) {
      this.#session.destroy(new Error('the other side does not answer a ping'));
      return;
    }
    this.#awaitingPong = true;
    this.#session.ping(() => {
      this.#awaitingPong = false;
    });
  }
}
