import { setTimeout as pause } from 'node:timers/promises';
import type { KubeObject, RawCluster, RawRequest } from '../../src/model/cluster.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The body as an object; of a plain-text answer `{ kind: 'text', … }`. */
  readonly body: KubeObject & { readonly items?: readonly KubeObject[]; readonly message?: string };
}

/** A cluster as the contract's tests speak to it. */
export class Api {
  readonly raw: RawCluster;
  readonly manager: string;
  constructor(raw: RawCluster, manager = 'contract') {
    this.raw = raw;
    this.manager = manager;
  }

  async send(
    method: RawRequest['method'],
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const written = typeof body === 'string' ? body : JSON.stringify(body);
    const given = body === undefined ? {} : { body: written };
    // The length is said because node sends the body of a DELETE without it otherwise.
    const length = { 'content-length': String(Buffer.byteLength(written ?? '')) };
    const type = body === undefined ? {} : { 'content-type': 'application/json', ...length };
    const sent = { accept: 'application/json', 'user-agent': `${this.manager}/1`, ...type, ...headers };
    const { status, headers: received, body: text } = await this.raw.send({ method, path, headers: sent, ...given });
    const isJson = received['content-type']?.startsWith('application/json') === true;
    const parsed = isJson
      ? (JSON.parse(text) as Answer['body'])
      : { apiVersion: '', kind: 'text', metadata: { name: '' } };
    return { status, headers: received, text, body: parsed };
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.send('GET', path, undefined, headers);
  }

  post(path: string, body: unknown): Promise<Answer> {
    return this.send('POST', path, body);
  }

  put(path: string, body: unknown): Promise<Answer> {
    return this.send('PUT', path, body);
  }

  delete(path: string, body?: unknown): Promise<Answer> {
    return this.send('DELETE', path, body);
  }

  merge(path: string, body: unknown): Promise<Answer> {
    return this.send('PATCH', path, body, { 'content-type': 'application/merge-patch+json' });
  }

  jsonPatch(path: string, body: unknown): Promise<Answer> {
    return this.send('PATCH', path, body, { 'content-type': 'application/json-patch+json' });
  }

  apply(path: string, body: unknown, options: { manager?: string; force?: boolean } = {}): Promise<Answer> {
    const query = `fieldManager=${options.manager ?? this.manager}${options.force ? '&force=true' : ''}`;
    const separator = path.includes('?') ? '&' : '?';
    return this.send('PATCH', `${path}${separator}${query}`, body, { 'content-type': 'application/apply-patch+yaml' });
  }
}

/** Asks again until the answer holds; a control plane's controllers take their time. @throws Error after 20 s */
export async function eventually(ask: () => Promise<Answer>, holds: (answer: Answer) => boolean): Promise<Answer> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const answer = await ask();
    if (holds(answer)) return answer;
    if (performance.now() > deadline) throw new Error(`still not so: ${answer.status} ${answer.text.slice(0, 500)}`);
    await pause(30);
  }
}

export interface Event {
  readonly type: string;
  readonly object: KubeObject & { readonly code?: number; readonly reason?: string };
}

/** @returns the first events of a watch, until `enough` says so or the watch ends */
export async function events(
  raw: RawCluster,
  path: string,
  enough: (seen: readonly Event[]) => boolean,
): Promise<Event[]> {
  const stop = new AbortController();
  const { lines } = await raw.stream({
    method: 'GET',
    path,
    headers: { accept: 'application/json' },
    signal: stop.signal,
  });
  const seen: Event[] = [];
  for await (const line of lines) {
    seen.push(JSON.parse(line) as Event);
    if (enough(seen)) break;
  }
  stop.abort();
  return seen;
}

export const field = (object: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], object);
