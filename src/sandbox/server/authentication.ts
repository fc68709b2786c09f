import type { X509Certificate } from 'node:crypto';
import type { ClusterAuthority } from './authority.ts';
import { ApiError, json } from './status.ts';
import type { ServerResponse, Stored, User } from './types.ts';

/** What a client shows of itself: its certificate, and the value of its `authorization` header. */
export interface Presented {
  readonly certificate?: X509Certificate | undefined;
  readonly authorization?: string | undefined;
}

/** Tells who a client is. @returns undefined when something was shown and none of it is good: 401 */
export type Authenticate = (presented: Presented) => Promise<User | undefined>;

/** Who shows nothing. */
export const anonymous: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

/**
 * Client certificate, then bearer token, then anonymous, as kube-apiserver tries them: a bad certificate beside a good token
 * does no harm.
 */
export const authenticator =
  (authority: ClusterAuthority, stored: Stored): Authenticate =>
  async ({ certificate, authorization }) => {
    const byCertificate = certificate && authority.identify(certificate);
    if (byCertificate) return byCertificate;
    const token = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    if (token !== undefined) return authority.authenticate(stored, token);
    return certificate || authorization ? undefined : anonymous;
  };

/** The answer to a client that {@link Authenticate} does not know. */
export const unauthorized = (): ServerResponse => json(401, new ApiError(401, 'Unauthorized', 'Unauthorized').status());
