import { isIP } from 'node:net';
import { ClusterError } from '../model/errors.ts';

/** Who was talked to, for messages. */
export interface Peer {
  readonly host: string;
  readonly port: number;
  /** The configuration names a CA; otherwise the system's roots verify the server. */
  readonly ownCa: boolean;
}

export const hostPort = (peer: { readonly host: string; readonly port: number }): string =>
  isIP(peer.host) === 6 ? `[${peer.host}]:${peer.port}` : `${peer.host}:${peer.port}`;

/** @returns `5 s`, `0.5 s` */
export const seconds = (milliseconds: number): string => `${Math.round(milliseconds / 100) / 10} s`;

/** @returns for a peer that sends without end */
export const answerTooLong = (peer: Peer, maxBytes: number): ClusterError =>
  new ClusterError('not-kubernetes', `${hostPort(peer)} answered with more than ${Math.round(maxBytes / 1e6)} MB`);

const untrusted = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'INVALID_CA',
]);

export function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return '';
  return error.code;
}

/** Names of TLS alerts as OpenSSL spells them in error codes: `ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED`. */
const alertIn = (code: string): string | undefined =>
  /ALERT_(?:BAD_)?([A-Z_]+)$/.exec(code)?.[1]?.toLowerCase().replaceAll('_', ' ');

/**
 * @param error what a socket, TLS or HTTP/2 session ended with before an answer was complete
 * @returns the same as one sentence, classified; retryable only where a moment later may differ
 */
export function connectionFailure(error: unknown, peer: Peer): ClusterError {
  if (error instanceof ClusterError) return error;
  const code = codeOf(error);
  const { host } = peer;
  const fail = (kind: 'unreachable' | 'tls', message: string, options: { retryable?: boolean; next?: string } = {}) =>
    new ClusterError(kind, message, { ...options, cause: error });
  if (untrusted.has(code)) {
    const by = peer.ownCa ? 'the configured CA' : 'a CA this machine trusts';
    return fail('tls', `certificate of ${host} is not signed by ${by}`, {
      next: 'a proxy that opens TLS, or a renewed CA; compare the CA in the kubeconfig with that of the server',
    });
  }
  const alert = alertIn(code);
  if (alert !== undefined) return fail('tls', `${host} refused the TLS handshake: ${alert}`);
  switch (code) {
    case 'ENOTFOUND':
      return fail('unreachable', `lookup ${host} failed: no such host`);
    case 'EAI_AGAIN':
      return fail('unreachable', `lookup ${host} failed: the name server does not answer`);
    case 'ECONNREFUSED':
      return fail('unreachable', `connect ${hostPort(peer)} refused`);
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return fail('unreachable', `connect ${hostPort(peer)} failed: no route`);
    case 'ETIMEDOUT':
      return new ClusterError('timeout', `connect ${hostPort(peer)} timed out`, { cause: error });
    case 'EMFILE':
    case 'ENFILE':
      return fail('unreachable', `connect ${hostPort(peer)} failed: too many open files on this machine`, {
        retryable: true,
        next: 'allow more of them (ulimit -n), or fewer members at once (--concurrency)',
      });
    case 'CERT_HAS_EXPIRED':
      return fail('tls', `certificate of ${host} has expired`);
    case 'CERT_NOT_YET_VALID':
      return fail('tls', `certificate of ${host} is not valid yet`, { next: 'compare the clocks of both machines' });
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return fail('tls', `certificate of ${host} is for other names`, {
        next: 'set tls-server-name to a name that it holds',
      });
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return fail('tls', `${hostPort(peer)} does not speak TLS`);
  }
  if (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS') || code.startsWith('CERT_')) {
    return fail('tls', `TLS with ${hostPort(peer)} failed (${code})`);
  }
  return fail('unreachable', `connection to ${hostPort(peer)} was closed before the answer was complete`, {
    retryable: true,
  });
}
