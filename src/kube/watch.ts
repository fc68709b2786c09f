import type { Cluster, KubeObject, ListKey, RawStream, ResourceType, WatchEvent } from '../model/cluster.ts';
import { ClusterError } from '../model/errors.ts';
import { at, parseJson, textAt } from './json.ts';
import { collectionPath, describeList, withQuery } from './paths.ts';
import { asObject, metadataOf } from './reads.ts';
import { reduce } from './reduce.ts';
import type { Requests } from './requests.ts';
import { answerLines } from './session.ts';
import { notKubernetes, type Reply } from './status.ts';

/** The server ends a watch after this, plus up to a tenth so that many do not end together. */
const watchSeconds = 290;

/** A watch that lasted less than this did not work. */
const quickEndMs = 1_000;

const types = new Map<unknown, WatchEvent['type']>([
  ['ADDED', 'ADDED'],
  ['MODIFIED', 'MODIFIED'],
  ['DELETED', 'DELETED'],
  ['BOOKMARK', 'BOOKMARK'],
]);

/** {@link Cluster.watch}. A broken connection is opened again from the last event or bookmark that was seen. */
export async function* watch(
  requests: Requests,
  key: ListKey,
  options: Parameters<Cluster['watch']>[1],
): AsyncGenerator<WatchEvent, void, undefined> {
  const { signal, facts } = options;
  const what = `watch ${describeList(key)}`;
  let position = options.resourceVersion;
  let failures = 0;
  while (!signal.aborted) {
    const opened = requests.clock.now();
    try {
      const lines = await open(requests, key, position, what, signal);
      for await (const line of lines) {
        const event = parseJson(line);
        if (textAt(event, 'type') === 'ERROR') throw errorEvent(requests, at(event, 'object'), what);
        const type = types.get(at(event, 'type'));
        const object = type === 'BOOKMARK' ? bookmark(event, key.type) : asObject(at(event, 'object'), key.type);
        // A line that was cut off: what it said comes again from the last position.
        if (type === undefined || object === undefined) break;
        position = object.metadata.resourceVersion ?? position;
        yield { type, object: await reduce(key.type, key.metadataOnly ? metadataOf(object) : object, facts) };
        if (signal.aborted) return;
      }
    } catch (error) {
      if (signal.aborted) return;
      const passing = error instanceof ClusterError && error.retryable && error.kind !== 'expired';
      const reconnect = error instanceof ClusterError && (error.kind === 'unreachable' || error.kind === 'timeout');
      if (!passing && !reconnect) throw error;
    }
    // Servers end a watch every few minutes; one that ends at once each time must not be asked in a loop.
    failures = requests.clock.now() - opened < quickEndMs ? failures + 1 : 0;
    if (failures > 1) await requests.clock.sleep(requests.backoff(failures - 1), signal);
  }
}

/** A bookmark has a position and no name. */
function bookmark(event: unknown, type: ResourceType): KubeObject | undefined {
  const resourceVersion = textAt(event, 'object', 'metadata', 'resourceVersion');
  if (resourceVersion === undefined) return undefined;
  return { apiVersion: type.apiVersion, kind: type.kind, metadata: { name: '', resourceVersion } };
}

async function open(
  requests: Requests,
  key: ListKey,
  position: string,
  what: string,
  signal: AbortSignal,
): Promise<AsyncIterable<string>> {
  const path = withQuery(collectionPath(key.type, key.namespace), {
    watch: true,
    allowWatchBookmarks: true,
    resourceVersion: position,
    timeoutSeconds: Math.round(watchSeconds * (1 + requests.clock.random() / 10)),
    labelSelector: key.labelSelector,
    fieldSelector: key.fieldSelector,
  });
  const accept = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json';
  requests.count('watch');
  const stream = await requests.raw.stream({
    method: 'GET',
    path,
    signal,
    ...(key.metadataOnly && { headers: { accept } }),
  });
  // A page would otherwise be taken for a line that was cut off.
  if (stream.status === 200 && !/html/i.test(stream.headers['content-type'] ?? '')) return stream.lines;
  const reply = await wholeOf(stream);
  throw reply.code < 400 ? notKubernetes(reply, { what }) : requests.failure(reply, { what });
}

async function wholeOf(stream: RawStream): Promise<Reply> {
  const text = (await answerLines(stream.lines)).join('\n');
  return { code: stream.status, headers: stream.headers, json: parseJson(text), text: text.slice(0, 64) };
}

function errorEvent(requests: Requests, status: unknown, what: string): ClusterError {
  const code = at(status, 'code');
  return requests.failure(
    { code: typeof code === 'number' ? code : 500, headers: {}, json: status, text: '' },
    { what },
  );
}
