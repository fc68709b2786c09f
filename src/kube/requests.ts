import type { RawCluster, RawRequest, RawResponse } from '../model/cluster.ts';
import { ClusterError } from '../model/errors.ts';
import { type Clock, rfc3339 } from './clock.ts';
import { parseJson, textAt } from './json.ts';
import { type Asked, failureOf, isSchemaError, notKubernetes, type Reply } from './status.ts';

/** One request with what is needed to repeat, count and explain it. */
export interface Call extends Asked {
  /** As Kubernetes counts it: get, list, watch, create, apply, patch, update, delete. */
  readonly verb: string;
  readonly method: RawRequest['method'];
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Sending it twice does no more than sending it once. */
  readonly safe: boolean;
}

export interface RetryOptions {
  /** Further attempts after the first. */
  readonly retries: number;
  readonly clock: Clock;
  /** Why the server does not want our credential, if its dates tell; `now` is the server's, in milliseconds. */
  readonly rejection: (now: number) => string | undefined;
}

const baseDelayMs = 250;
const maxDelayMs = 4_000;
/** A server that wants a longer pause gets it from the next run. */
const maxRetryAfterMs = 30_000;

/** Sends calls with bounded repetition and counts them. */
export class Requests {
  readonly raw: RawCluster;
  readonly clock: Clock;
  readonly #options: RetryOptions;
  readonly #counts: Record<string, number> = {};

  constructor(raw: RawCluster, options: RetryOptions) {
    this.raw = raw;
    this.clock = options.clock;
    this.#options = options;
  }

  get counts(): Readonly<Record<string, number>> {
    return this.#counts;
  }

  count(verb: string): void {
    this.#counts[verb] = (this.#counts[verb] ?? 0) + 1;
  }

  /** @returns the reply, after retries, whatever its status; throws ClusterError when there is none */
  async ask(call: Call): Promise<Reply> {
    const request: RawRequest = {
      method: call.method,
      path: call.path,
      headers: { ...(call.body !== undefined && { 'content-type': 'application/json' }), ...call.headers },
      ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
    };
    for (let attempt = 0; ; attempt += 1) {
      this.count(call.verb);
      const last = attempt >= this.#options.retries;
      let reply: Reply;
      try {
        reply = replyOf(await this.raw.send(request));
      } catch (error) {
        const again = error instanceof ClusterError && error.retryable && error.kind !== 'timeout';
        if (last || !again || !call.safe) throw error;
        await this.clock.sleep(this.backoff(attempt));
        continue;
      }
      const wait = last ? undefined : this.#pause(reply, call, attempt);
      if (wait === undefined) return reply;
      await this.clock.sleep(wait);
    }
  }

  /** @returns a 2xx reply with JSON in it; throws everything else as ClusterError */
  async demand(call: Call): Promise<Reply> {
    const reply = await this.ask(call);
    if (reply.code < 200 || reply.code > 299) throw this.failure(reply, call);
    if (textAt(reply.json, 'kind') === undefined) throw notKubernetes(reply, call);
    return reply;
  }

  failure(reply: Reply, asked: Asked): ClusterError {
    return failureOf(
      reply,
      asked,
      this.#options.rejection(Date.parse(reply.headers['date'] ?? '') || this.clock.now()),
    );
  }

  /** Full jitter over the upper half, so that a fleet does not come back in step. @returns milliseconds */
  backoff(attempt: number): number {
    const ceiling = Math.min(maxDelayMs, baseDelayMs * 2 ** attempt);
    return ceiling / 2 + (ceiling / 2) * this.clock.random();
  }

  /** @returns how long to wait before the next attempt, in milliseconds; undefined when there shall be none */
  #pause(reply: Reply, call: Call, attempt: number): number | undefined {
    // 429 is said before anything is processed; the others leave open whether something was.
    const again =
      reply.code === 429 || (call.safe && [500, 502, 503, 504].includes(reply.code) && !isSchemaError(reply));
    if (!again) return undefined;
    const asked = retryAfter(reply, this.clock.now());
    return asked > maxRetryAfterMs ? undefined : Math.max(asked, this.backoff(attempt));
  }
}

function replyOf(response: RawResponse): Reply {
  return {
    code: response.status,
    headers: response.headers,
    json: parseJson(response.body),
    text: response.body.slice(0, 64),
  };
}

/** @returns what the server asks to wait, in milliseconds: the header in seconds or as a date */
function retryAfter(reply: Reply, now: number): number {
  const header = reply.headers['retry-after'];
  if (header === undefined) return 0;
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  const until = Date.parse(header);
  return Number.isNaN(until) ? 0 : Math.max(0, until - (Date.parse(reply.headers['date'] ?? '') || now));
}

/**
 * @returns the server's clock when it answered, RFC 3339
 * @throws ClusterError `not-kubernetes` without a Date header: our own clock proves nothing
 */
export function serverTime(reply: Reply, asked: Asked): string {
  const time = Date.parse(reply.headers['date'] ?? '');
  if (Number.isNaN(time)) throw new ClusterError('not-kubernetes', `${asked.what}: the answer has no Date header`);
  return rfc3339(time);
}
