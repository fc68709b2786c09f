import type { Core } from './core.ts';
import { type Form, negotiate, objectText } from './present.ts';
import { selection } from './read.ts';
import type { ServedType } from './resources.ts';
import { isTrue, type ResourceRoute } from './route.ts';
import type { Selects } from './selectors.ts';
import { ApiError } from './status.ts';
import type { Change, Entry } from './store.ts';
import { table } from './table.ts';
import type { ServerRequest, ServerResponse } from './types.ts';

const bookmarkEvery = 60_000;

/** Lines that are waiting for whoever reads the stream. */
class Lines {
  readonly #waiting: string[] = [];
  #ended = false;
  #wake: (() => void) | undefined;

  push(line: string): void {
    this.#waiting.push(line);
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async *read(onClose: () => void): AsyncGenerator<string> {
    try {
      for (;;) {
        const lines = this.#waiting.splice(0);
        if (lines.length > 0) yield lines.join('');
        else if (this.#ended) return;
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      onClose();
    }
  }
}

interface Watched {
  readonly core: Core;
  readonly type: ServedType;
  readonly form: Form;
  readonly namespace: string | undefined;
  readonly selects: Selects | undefined;
}

function eventLine(watched: Watched, type: string, entry: Entry): string {
  const object =
    watched.form === 'table'
      ? JSON.stringify(table([entry], watched.type, watched.core.chance.now(), {}))
      : objectText(entry, watched.type, watched.form);
  return `{"type":"${type}","object":${object}}\n`;
}

/** A change as a watch with these selectors sees it: an object can come into view or leave it without being new or gone. */
function changeLine(watched: Watched, change: Change): string | undefined {
  const { type, namespace, selects } = watched;
  if (change.group !== type.group || change.resource !== type.resource) return undefined;
  if (namespace !== undefined && change.entry.object.metadata.namespace !== namespace) return undefined;
  if (!selects) return eventLine(watched, change.type, change.entry);
  const was = change.before !== undefined && selects(change.before.object);
  const is = change.type !== 'DELETED' && selects(change.entry.object);
  if (!was && !is) return undefined;
  return eventLine(watched, was && is ? 'MODIFIED' : is ? 'ADDED' : 'DELETED', change.entry);
}

function bookmarkLine({ core, type, form }: Watched, initialEnd: boolean): string {
  const metadata = {
    resourceVersion: String(core.store.version),
    creationTimestamp: null,
    ...(initialEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}),
  };
  const { kind, apiVersion } =
    form === 'partial' ? { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' } : type;
  return `${JSON.stringify({ type: 'BOOKMARK', object: { kind, apiVersion, metadata } })}\n`;
}

function errorLine(error: ApiError): string {
  return `${JSON.stringify({ type: 'ERROR', object: error.status() })}\n`;
}

/** What a watch sees before anything happens: the present, what happened since its resourceVersion, or why it cannot start. */
function* firstLines(watched: Watched, query: URLSearchParams): Generator<string> {
  const { core, type, namespace, selects } = watched;
  const from = Number(query.get('resourceVersion'));
  const initial = isTrue(query.get('sendInitialEvents'));
  if (from === 0 || initial) {
    const entries = core.store.entries(type.group, type.resource, namespace);
    for (const entry of entries) if (!selects || selects(entry.object)) yield eventLine(watched, 'ADDED', entry);
    if (initial && isTrue(query.get('allowWatchBookmarks'))) yield bookmarkLine(watched, true);
    return;
  }
  for (const change of core.store.since(from)) {
    const line = changeLine(watched, change);
    if (line !== undefined) yield line;
  }
}

function tooOld(core: Core, query: URLSearchParams): ApiError | undefined {
  const from = Number(query.get('resourceVersion'));
  if (from === 0 || isTrue(query.get('sendInitialEvents')) || from >= core.store.compacted) return undefined;
  return new ApiError(410, 'Expired', `too old resource version: ${from} (${core.store.compacted})`);
}

/**
 * Answers a watch: one JSON document per line, until its timeout, the client's signal, or `closing` ends it. A
 * resourceVersion that is too old is told by an ERROR event, as the real server's watch cache does.
 */
export function watchObjects(
  core: Core,
  type: ServedType,
  route: ResourceRoute,
  request: ServerRequest,
  closing: AbortSignal,
): ServerResponse {
  const { query } = route;
  const version = query.get('resourceVersion') ?? '';
  if (!/^\d*$/.test(version)) {
    throw new ApiError(
      500,
      '',
      `resourceVersion: Invalid value: "${version}": strconv.ParseUint: parsing "${version}": invalid syntax`,
    );
  }
  const namespace = type.namespaced ? route.namespace : undefined;
  const form = negotiate(request.headers['accept']);
  const watched: Watched = { core, type, form, namespace, selects: selection(type, query) };
  const headers = { 'cache-control': 'no-cache, private', 'content-type': 'application/json' };
  const lines = new Lines();
  const old = tooOld(core, query);
  if (old) {
    lines.push(errorLine(old));
    lines.end();
    return { status: 200, headers, body: lines.read(() => {}) };
  }
  for (const line of firstLines(watched, query)) lines.push(line);
  const stop = [
    core.store.subscribe((change) => {
      const line = changeLine(watched, change);
      if (line !== undefined) lines.push(line);
    }),
  ];
  const seconds = Number(query.get('timeoutSeconds') ?? 0);
  const bookmarks = isTrue(query.get('allowWatchBookmarks'));
  if (bookmarks) stop.push(repeat(core, () => lines.push(bookmarkLine(watched, false))));
  if (seconds > 0) stop.push(core.scheduler.after(seconds * 1000, finish));
  for (const signal of [closing, request.signal]) {
    signal?.addEventListener('abort', end, { once: true });
    stop.push(() => signal?.removeEventListener('abort', end));
    if (signal?.aborted) end();
  }
  function finish(): void {
    if (bookmarks) lines.push(bookmarkLine(watched, false));
    end();
  }
  function end(): void {
    lines.end();
    for (const undo of stop.splice(0)) undo();
  }
  return { status: 200, headers, body: lines.read(end) };
}

function repeat(core: Core, run: () => void): () => void {
  let cancel = core.scheduler.after(bookmarkEvery, again);
  function again(): void {
    run();
    cancel = core.scheduler.after(bookmarkEvery, again);
  }
  return () => cancel();
}
