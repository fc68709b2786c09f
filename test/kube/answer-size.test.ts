import { expect, test } from 'vitest';
import { answerLines } from '../../src/kube/session.ts';
import { makeBed } from './bed.ts';
import { errorOf } from './scripted.ts';

const bed = makeBed();

test('an answer without end is given up, whatever it is an answer to', async () => {
  const endless = (response: { write(text: string): unknown; once(event: 'drain', run: () => void): unknown }) => {
    const more = (): void => {
      while (response.write('x'.repeat(1_000)) === true);
      response.once('drain', more);
    };
    more();
  };
  const servers = [
    await bed.serving((_, response) => endless(response)),
    await bed.servingHttp1((_, response) => endless(response)),
  ];
  for (const { url, port } of servers) {
    const raw = bed.connecting(url, {}, { maxBytes: 5_000_000 });
    const given = {
      kind: 'not-kubernetes',
      retryable: false,
      message: `127.0.0.1:${port} answered with more than 5 MB`,
    };
    expect(await errorOf(raw.send({ method: 'GET', path: '/' }))).toMatchObject(given);
    const { lines } = await raw.stream({ method: 'GET', path: '/' });
    expect(await errorOf(answerLines(lines))).toMatchObject(given);
  }
});

test('what is watched may be longer than an answer, its lines may not; of what is no watch the start is enough', async () => {
  const line = `${'x'.repeat(999)}\n`;
  const server = await bed.serving((request, response) => {
    response.writeHead(200);
    response.end(line.repeat(request.url === '/page' ? 3_000 : 20));
  });
  const raw = bed.connecting(server.url, {}, { maxBytes: 10_000 });
  const got: string[] = [];
  for await (const each of (await raw.stream({ method: 'GET', path: '/' })).lines) got.push(each);
  expect(got).toHaveLength(20);
  expect(await answerLines((await raw.stream({ method: 'GET', path: '/page' })).lines)).toHaveLength(1_049);
});
