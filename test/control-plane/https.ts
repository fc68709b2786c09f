import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { StringDecoder } from 'node:string_decoder';
import type { RawCluster, RawRequest } from '../../src/model/cluster.ts';

/** Where, and as whom. PEM texts. */
export interface HttpsTarget {
  readonly server: string;
  readonly ca: string;
  readonly cert?: string;
  readonly key?: string;
  readonly token?: string;
}

/**
 * The plainest connection to an API server: HTTP/1.1, no retries, no interpretation. Tests that judge a server use it, so
 * that nothing of the program stands between.
 */
export function connectHttps({ server, ca, cert, key, token }: HttpsTarget): RawCluster {
  const agent = new Agent({ keepAlive: true, ca, cert, key });
  const open = ({ method, path, headers, body, signal }: RawRequest): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const all = {
        ...headers,
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        // Node sends the body of a DELETE only with a length.
        ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
      };
      const outgoing = request(`${server}${path}`, { agent, method, headers: all, signal }, resolve);
      outgoing.once('error', reject);
      outgoing.end(body);
    });
  return {
    async send(sent) {
      const answer = await open(sent);
      const chunks: Buffer[] = [];
      for await (const chunk of answer) chunks.push(chunk);
      return { ...headOf(answer), body: Buffer.concat(chunks).toString() };
    },
    async stream(sent) {
      const answer = await open(sent);
      return { ...headOf(answer), lines: linesOf(answer, sent.signal) };
    },
    async close() {
      agent.destroy();
    },
  };
}

function headOf(answer: IncomingMessage): { status: number; headers: Record<string, string> } {
  const headers = Object.entries(answer.headers).map(([name, value]) => [name, String(value)]);
  return { status: answer.statusCode ?? 0, headers: Object.fromEntries(headers) };
}

async function* linesOf(answer: IncomingMessage, signal: AbortSignal | undefined): AsyncGenerator<string> {
  const decoder = new StringDecoder();
  // Aborted between two reads, nobody is there to catch it.
  answer.on('error', () => {});
  let rest = '';
  try {
    for await (const chunk of answer) {
      const lines = (rest + decoder.write(chunk)).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}
