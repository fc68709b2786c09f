import type { RawResponse, RawStream } from '../model/cluster.ts';

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
}

/** @returns the lines of a text that arrives in pieces, without empty ones */
export async function* linesOf(chunks: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  let pending = '';
  for await (const chunk of chunks) {
    const parts = (pending + chunk).split('\n');
    pending = parts.pop() ?? '';
    for (const line of parts) if (line !== '') yield line;
  }
  if (pending !== '') yield pending;
}

/** Reads a stream to its end, so that it does not stay open. @returns its lines */
export async function allLines(lines: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const line of lines) all.push(line);
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
