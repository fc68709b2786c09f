import { expect } from 'vitest';
import { kinds } from '../../src/sandbox/actors/kinds.ts';
import type { Ground } from './ground.ts';
import type { Program } from './program.ts';

/** JSON web tokens, private keys, and PEM in base64, as kubeconfigs hold it. */
const shapes = [/eyJ[\w-]{10,}\.[\w-]{10,}/, /PRIVATE KEY/, /LS0tLS1CRUdJTi/];

/** Expects that nothing the program printed holds a credential, by shape and by the values that are there now. */
export async function expectNoSecretIn({ printed }: Program, { hub, members }: Ground): Promise<void> {
  const text = printed.join('\n');
  expect(text).not.toBe('');
  for (const shape of shapes) expect(text).not.toMatch(shape);
  for (const site of [hub, ...members]) {
    const { items } = await site.client.list({ type: kinds.secret });
    for (const value of items.flatMap(({ data }) => Object.values(data ?? {}))) {
      const decoded = Buffer.from(value, 'base64').toString();
      // A cluster's or an agent's name is no secret.
      if (decoded.length < 40) continue;
      expect(text.includes(value) || text.includes(decoded), `a value of a Secret on ${site.name} was printed`).toBe(
        false,
      );
    }
  }
}
