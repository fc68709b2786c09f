import { ApiError, badRequest, forbidden, json } from './status.ts';
import type { Attributes, Authorize, ServerRequest, ServerResponse, Stored, User } from './types.ts';

type May = (asked: Attributes) => boolean;

/**
 * Who a request is made as: its sender, or whom the `Impersonate-User` and `Impersonate-Group` headers name (`kubectl --as`).
 * @param may whether the sender may do something
 * @throws ApiError 403 without the right to impersonate; 400 for the parts of impersonation that nothing here needs
 */
function impersonated(user: User, headers: Readonly<Record<string, string>>, may: May): User {
  const name = headers['impersonate-user'];
  const asked = Object.keys(headers).filter((header) => header.startsWith('impersonate-'));
  if (asked.length === 0) return user;
  const odd = asked.find((header) => header !== 'impersonate-user' && header !== 'impersonate-group');
  if (odd !== undefined) throw badRequest(`the sandbox does not know the header ${odd}`);
  if (name === undefined) throw badRequest('requested impersonation without impersonating a user');
  const groups = headers['impersonate-group']?.split(',').map((group) => group.trim()) ?? [];
  const check = (resource: string, target: string, namespace?: string): void => {
    const verb = 'impersonate';
    if (may({ verb, group: '', resource, name: target, ...(namespace !== undefined && { namespace }) })) return;
    const why = `User "${user.name}" cannot impersonate resource "${resource}" in API group "" at the cluster scope`;
    throw forbidden({ group: '', resource, kind: resource }, target, why);
  };
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name);
  if (account) check('serviceaccounts', account[2] ?? '', account[1]);
  else check('users', name);
  for (const group of groups) check('groups', group);
  return {
    name,
    groups: [...new Set([...(groups.length > 0 ? groups : ownGroups(account?.[1])), 'system:authenticated'])],
  };
}

/** The groups a ServiceAccount has without being given any; a user has none. */
const ownGroups = (namespace: string | undefined): readonly string[] =>
  namespace === undefined ? [] : ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];

interface Answering {
  readonly stored: Stored;
  handle(request: ServerRequest): Promise<ServerResponse>;
}

/** A server that takes requests made in somebody else's name. */
export const withImpersonation = (server: Answering, authorize: Authorize): Pick<Answering, 'handle'> => ({
  async handle(request) {
    const may: May = (asked) => authorize(server.stored, request.user, asked);
    try {
      return await server.handle({ ...request, user: impersonated(request.user, request.headers, may) });
    } catch (error) {
      if (error instanceof ApiError) return json(error.code, error.status());
      throw error;
    }
  },
});
