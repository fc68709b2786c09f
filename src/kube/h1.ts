import type { Socket } from 'node:net';
import type { Client as UndiciClient, Dispatcher } from 'undici';
import type { RawResponse, RawStream } from '../model/cluster.ts';
import { ClusterError } from '../model/errors.ts';
import { answerTooLong, connectionFailure, hostPort, type Peer, seconds } from './failures.ts';
import { linesOf, NotProcessed, plainHeaders, type Session, type SessionLimits, type WireRequest } from './session.ts';

/** For servers without HTTP/2. undici costs more to load than a plan of one cluster, so it is loaded only here. */
export async function http1Session(
  socket: Socket,
  origin: string,
  peer: Peer,
  limits: SessionLimits,
): Promise<Session> {
  const { Client } = await import('undici');
  let given = false;
  const client = new Client(origin, {
    // The Client would open connections of its own when this one ends; that is the transport's to decide. It misses an
    // answer that is given before this function returns.
    connect: (_, callback) => {
      const ended = given || socket.destroyed;
      given = true;
      setImmediate(() =>
        ended ? callback(new NotProcessed('the connection has ended'), null) : callback(null, socket),
      );
    },
    allowH2: false,
    pipelining: 8,
    keepAliveTimeout: limits.idleTimeoutMs,
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return new Http1Session(client, socket, peer, limits);
}

class Http1Session implements Session {
  readonly multiplexed = false;
  readonly #client: UndiciClient;
  readonly #socket: Socket;
  readonly #peer: Peer;
  readonly #limits: SessionLimits;
  #usable = true;

  constructor(client: UndiciClient, socket: Socket, peer: Peer, limits: SessionLimits) {
    this.#client = client;
    this.#socket = socket;
    this.#peer = peer;
    this.#limits = limits;
    socket.once('close', () => {
      this.#usable = false;
    });
  }

  get usable(): boolean {
    return this.#usable && !this.#client.closed && !this.#client.destroyed;
  }

  close(): void {
    this.#usable = false;
    this.#client.destroy().catch(() => undefined);
    this.#socket.destroy();
  }

  async send(request: WireRequest): Promise<RawResponse> {
    return await this.#timed(request, async (signal) => {
      const answer = await this.#request(request, signal);
      return { status: answer.statusCode, headers: plainHeaders(answer.headers), body: await this.#whole(answer) };
    });
  }

  async stream(request: WireRequest): Promise<RawStream> {
    const answer = await this.#timed(request, (signal) => this.#request(request, signal));
    answer.body.setEncoding('utf8');
    return {
      status: answer.statusCode,
      headers: plainHeaders(answer.headers),
      lines: linesOf(this.#chunks(answer, request.signal), this.#peer, this.#limits),
    };
  }

  /** Leaving the body early ends the connection. */
  async #whole(answer: Dispatcher.ResponseData): Promise<string> {
    const { maxBytes } = this.#limits;
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of answer.body) {
      const bytes = Buffer.from(chunk);
      size += bytes.length;
      if (size > maxBytes) throw answerTooLong(this.#peer, maxBytes);
      chunks.push(bytes);
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  async *#chunks(
    answer: Dispatcher.ResponseData,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<string, void, undefined> {
    try {
      for await (const chunk of answer.body) yield String(chunk);
    } catch (error) {
      if (!signal?.aborted) throw connectionFailure(error, this.#peer);
    } finally {
      this.close();
    }
  }

  #request(request: WireRequest, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const { method, path, headers, body } = request;
    return this.#client.request({ method, path, headers, body: body ?? null, signal, blocking: false });
  }

  /** @param run gets a signal that also fires at the timeout, which no longer threatens what is streamed after it returned */
  async #timed<T>(request: WireRequest, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    request.signal?.throwIfAborted();
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), this.#limits.requestTimeoutMs);
    const signal = request.signal === undefined ? deadline.signal : AbortSignal.any([request.signal, deadline.signal]);
    try {
      return await run(signal);
    } catch (error) {
      request.signal?.throwIfAborted();
      if (deadline.signal.aborted) {
        this.#usable = false;
        const waited = `no answer from ${hostPort(this.#peer)} within ${seconds(this.#limits.requestTimeoutMs)}`;
        throw new ClusterError('timeout', waited, { retryable: true, cause: error });
      }
      throw error instanceof NotProcessed ? error : connectionFailure(error, this.#peer);
    } finally {
      clearTimeout(timer);
    }
  }
}
