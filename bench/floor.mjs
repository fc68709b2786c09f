/**
 * The least that a plan's traffic costs in Node: per cluster one TLS handshake and the GETs that the plan sends, in parallel by
 * raw node:http2, the answers thrown away. Plain JavaScript, so that it pays for no stripping of types.
 * Usage: node floor.mjs TARGETS.json CONCURRENCY
 */
import { readFileSync } from 'node:fs';
import { connect } from 'node:http2';

const [file, concurrency] = process.argv.slice(2);
const targets = JSON.parse(readFileSync(file, 'utf8'));

async function visit({ url, ca, cert, key, gets }) {
  const session = connect(url, { ca, cert, key });
  const failed = new Promise((_, reject) => session.once('error', reject));
  const answers = gets.map(
    ([path, accept]) =>
      new Promise((resolve, reject) => {
        const stream = session.request({ ':path': path, accept });
        stream.on('response', (headers) => {
          if (![200, 404].includes(headers[':status'])) reject(new Error(`${path}: ${headers[':status']}`));
        });
        stream.on('data', () => {});
        stream.on('close', resolve);
        stream.on('error', reject);
      }),
  );
  await Promise.race([Promise.all(answers), failed]);
  session.destroy();
}

async function work() {
  for (let target = targets.pop(); target !== undefined; target = targets.pop()) await visit(target);
}

await Promise.all(Array.from({ length: Number(concurrency) }, work));
