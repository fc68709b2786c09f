import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { createInterface } from 'node:readline';
import type { RawCluster, RawRequest } from '../../src/model/cluster.ts';

/**
 * The plainest connection to an API server: one HTTP/1.1 request after another, no retries, no interpretation. Tests that
 * judge a server use it, so that nothing of the program stands between.
 */
export function connectHttps(target: {
  server: string;
  ca: string;
  cert?: string;
  key?: string;
  token?: string;
}): RawCluster {
  const { ca, cert, key } = target;
  const agent = new Agent({ keepAlive: true, ca, cert, key });
  const open = (sent: RawRequest): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const headers = {
        ...sent.headers,
        ...(target.token !== undefined && { authorization: `Bearer ${target.token}` }),
      };
      const { method, signal } = sent;
      const outgoing = request(`${target.server}${sent.path}`, { agent, method, headers, signal }, resolve);
      outgoing.once('error', reject);
      outgoing.end(sent.body);
    });
  const headersOf = (answer: IncomingMessage): Record<string, string> =>
    Object.fromEntries(Object.entries(answer.headers).map(([name, value]) => [name, String(value)]));
  return {
    async send(sent) {
      const answer = await open(sent);
      const chunks: Buffer[] = [];
      for await (const chunk of answer) chunks.push(chunk);
      return { status: answer.statusCode ?? 0, headers: headersOf(answer), body: Buffer.concat(chunks).toString() };
    },
    async stream(sent) {
      const answer = await open(sent);
      return { status: answer.statusCode ?? 0, headers: headersOf(answer), lines: createInterface({ input: answer }) };
    },
    async close() {
      agent.destroy();
    },
  };
}
