import type { RawResponse, RawStream } from '../model/cluster.ts';
import { answerTooLong, type Peer } from './failures.ts';

/** A request as it goes over the wire: all headers made, lower case. */
export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

/** One open connection to one API server. */
export interface Session {
  /** Several requests can be under way, a watch among them; otherwise each stream needs a session of its own. */
  readonly multiplexed: boolean;
  /** False once no new request may start on it; those under way may still end well. */
  readonly usable: boolean;
  /** @throws NotProcessed, ClusterError, or the signal's reason */
  send(request: WireRequest): Promise<RawResponse>;
  /** Resolves with the answer's head. The lines end when the server ends them or the signal aborts, and throw when the connection breaks. */
  stream(request: WireRequest): Promise<RawStream>;
  close(): void;
}

/** The request certainly had no effect: the session refused it before the server looked at it. Safe to repeat, whatever it is. */
export class NotProcessed extends Error {}

export interface SessionLimits {
  /** Until an answer is complete, or a stream's head is there. */
  readonly requestTimeoutMs: number;
  /** A session without requests closes itself after this. */
  readonly idleTimeoutMs: number;
  /** While requests are under way and nothing arrives for this long, the other side must prove that it is there. */
  readonly pingEveryMs: number;
  /** Of an answer, or of one line of a stream: no API server sends more. */
  readonly maxBytes: number;
}

/**
 * @returns the lines of a text that arrives in pieces, without empty ones
 * @throws ClusterError `not-kubernetes` for one that is longer than allowed
 */
export async function* linesOf(
  chunks: AsyncIterable<string>,
  peer: Peer,
  { maxBytes }: Pick<SessionLimits, 'maxBytes'>,
): AsyncGenerator<string, void, undefined> {
  let pending: string[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    for (const [index, part] of chunk.split('\n').entries()) {
      if (index > 0) {
        const line = pending.join('');
        if (line !== '') yield line;
        pending = [];
        size = 0;
      }
      pending.push(part);
      size += part.length;
      if (size > maxBytes) throw answerTooLong(peer, maxBytes);
    }
  }
  const line = pending.join('');
  if (line !== '') yield line;
}

/** More of what is no stream of events says nothing more. */
const maxAnswer = 1 << 20;

/** Reads a stream that turned out to be a plain answer, and closes it. @returns its lines, of a longer one those of the first MiB */
export async function answerLines(lines: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  let size = 0;
  for await (const line of lines) {
    all.push(line);
    size += line.length + 1;
    if (size > maxAnswer) break;
  }
  return all;
}

/** @returns response headers with single values, lower case */
export function plainHeaders(
  headers: Readonly<Record<string, string | number | readonly string[] | undefined>>,
): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !name.startsWith(':'))
      plain[name.toLowerCase()] = typeof value === 'object' ? value.join(', ') : String(value);
  }
  return plain;
}
