import type { RawCluster, RawRequest } from '../../model/cluster.ts';
import type { ServerRequest, ServerResponse, User } from './types.ts';

interface Handler {
  handle(request: ServerRequest): Promise<ServerResponse>;
}

async function* linesOf(body: string | AsyncIterable<string>): AsyncGenerator<string> {
  if (typeof body === 'string') {
    yield* body.split('\n').filter((line) => line !== '');
    return;
  }
  for await (const chunk of body) yield* chunk.split('\n').filter((line) => line !== '');
}

/** @returns a RawCluster whose requests are function calls; closing it ends its streams */
export function inProcess(server: Handler, user: User): RawCluster {
  const closing = new AbortController();
  const handle = ({ method, path, headers = {}, body }: RawRequest, signal: AbortSignal) =>
    server.handle({ method, path, headers, user, signal, ...(body === undefined ? {} : { body }) });
  return {
    async send(request) {
      request.signal?.throwIfAborted();
      const { status, headers, body } = await handle(request, request.signal ?? closing.signal);
      if (typeof body === 'string') return { status, headers, body };
      let text = '';
      for await (const chunk of body) text += chunk;
      return { status, headers, body: text };
    },
    async stream(request) {
      const ends = request.signal ? AbortSignal.any([request.signal, closing.signal]) : closing.signal;
      const { status, headers, body } = await handle(request, ends);
      return { status, headers, lines: linesOf(body) };
    },
    async close() {
      closing.abort();
    },
  };
}
