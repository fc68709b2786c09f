import { describe, expect, it } from 'vitest';
import { withImpersonation } from '../../src/sandbox/server/impersonation.ts';
import type { Authorize, ServerRequest, Stored, User } from '../../src/sandbox/server/types.ts';

const stored: Stored = { list: () => [], get: () => undefined };
const boss: User = { name: 'boss', groups: ['system:masters'] };
const clerk: User = { name: 'clerk', groups: ['system:authenticated'] };

/** Only the boss may impersonate anybody; the clerk may impersonate ann. */
const authorize: Authorize = (_stored, user, asked) =>
  asked.verb === 'impersonate' && (user.name === 'boss' || (asked.resource === 'users' && asked.name === 'ann'));

async function as(user: User, headers: Record<string, string>): Promise<unknown> {
  const server = {
    stored,
    handle: async (request: ServerRequest) => ({ status: 200, headers: {}, body: JSON.stringify(request.user) }),
  };
  const { status, body } = await withImpersonation(server, authorize).handle({
    method: 'GET',
    path: '/',
    headers,
    user,
  });
  const said = JSON.parse(String(body)) as { message?: string };
  return status === 200 ? said : [status, said.message];
}

describe('impersonation', () => {
  it('is nothing without its headers', async () => {
    expect(await as(clerk, { accept: '*/*' })).toEqual(clerk);
  });

  it.each<[string, Record<string, string>, User]>([
    ['a user', { 'impersonate-user': 'ann' }, { name: 'ann', groups: ['system:authenticated'] }],
    [
      'a user with groups',
      { 'impersonate-user': 'ann', 'impersonate-group': 'devs, ops' },
      { name: 'ann', groups: ['devs', 'ops', 'system:authenticated'] },
    ],
    [
      'a ServiceAccount',
      { 'impersonate-user': 'system:serviceaccount:ns:sa' },
      {
        name: 'system:serviceaccount:ns:sa',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:ns', 'system:authenticated'],
      },
    ],
  ])('makes %s of somebody who may', async (_what, headers, expected) => {
    expect(await as(boss, headers)).toEqual(expected);
  });

  it('needs the right to each name and group', async () => {
    expect(await as(clerk, { 'impersonate-user': 'ann' })).toMatchObject({ name: 'ann' });
    const why = (resource: string) =>
      expect.stringContaining(`User "clerk" cannot impersonate resource "${resource}" in API group ""`);
    expect(await as(clerk, { 'impersonate-user': 'bob' })).toEqual([403, why('users')]);
    const group = { 'impersonate-user': 'ann', 'impersonate-group': 'system:masters' };
    expect(await as(clerk, group)).toEqual([403, why('groups')]);
    expect(await as(clerk, { 'impersonate-user': 'system:serviceaccount:a:b' })).toEqual([403, why('serviceaccounts')]);
  });

  it('is never half done', async () => {
    expect(await as(boss, { 'impersonate-group': 'devs' })).toMatchObject([400, expect.any(String)]);
    const odd = { 'impersonate-user': 'ann', 'impersonate-extra-scopes': 'x' };
    expect(await as(boss, odd)).toEqual([400, 'the sandbox does not know the header impersonate-extra-scopes']);
  });
});
